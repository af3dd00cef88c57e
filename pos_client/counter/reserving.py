"""The create order call of a sale that spends or earns points, and what is left of the sale when it does not work."""

from collections.abc import Awaitable, Callable

from pos_client.counter import loyalty_words
from pos_client.counter.pricing import Pricing
from pos_client.domain import creating
from pos_client.domain.facts import facts_of
from pos_client.domain.loyalty import Earning
from pos_client.domain.money import Points
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ports import Outbox, OutcomeUnknownError, PriceChangedError, RefusedError, UnavailableError

__all__ = ["Reserving"]


class Reserving:
    """`keep` journals a sale and shows it; `reprice` asks for the price of the sale on the counter and returns it."""

    def __init__(
        self,
        pricing: Pricing,
        outbox: Outbox,
        *,
        keep: Callable[[Sale], Sale],
        reprice: Callable[[Points], Awaitable[Sale | None]],
    ) -> None:
        self._pricing = pricing
        self._outbox = outbox
        self._keep = keep
        self._reprice = reprice

    async def reserve(self, sale: Sale, *, first_try: bool) -> None:
        """Move a sale on from RESERVING: to the money, or back to the cashier when its price is another one.

        Unless it is the `first_try`, an earlier call may have arrived.
        """
        try:
            reserved = await self._pricing.create(sale)
        except PriceChangedError as error:
            reopened = self._keep(creating.reopened(sale, error.trouble))
            opened = await self._reprice(sale.points_asked) or reopened
            self._keep(opened.troubled(loyalty_words.price_changed(sale.due, opened.due)))
        except RefusedError as error:
            self._without_points(sale, error.trouble, Earning.RULE_UNKNOWN, maybe_created=not first_try)
        except OutcomeUnknownError as error:
            self._without_points(sale, error.trouble, Earning.LATER, maybe_created=True)
        except UnavailableError as error:
            self._without_points(sale, error.trouble, Earning.LATER, maybe_created=not first_try)
        else:
            self._keep(
                creating.reserved(sale, reserved.promised if reserved.promised is not None else sale.loyalty.promised)
            )

    def _without_points(self, sale: Sale, trouble: Trouble, earning: Earning, *, maybe_created: bool) -> None:
        moved = creating.left_without_points(sale, earning, maybe_created=maybe_created)
        if moved.stage is Stage.OPEN:
            lost = loyalty_words.points_not_spent if sale.points_asked else loyalty_words.discount_gone
            moved = moved.troubled(lost(trouble, moved.due))
        self._keep(moved)
        self._outbox.put(*facts_of(moved))
