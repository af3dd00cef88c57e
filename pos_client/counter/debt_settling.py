"""What an answer of processing means for a debt of points: paid, refused, cancelled, or still owed.

That a message was delivered proves nothing: processing may have accepted it and accrued nothing. So a debt is settled
by the history of the account, or by what processing says of the order.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from pos_client.counter.looks import Looks
from pos_client.counter.pricing import Outside
from pos_client.domain.account import Movement, MovementKind
from pos_client.domain.customer import Customer, Standing
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.facts import PointsArrived
from pos_client.domain.money import Points
from pos_client.domain.paid_order import Returned
from pos_client.ports import RefusedError

__all__ = ["Settling"]

_ASK_ORDER_AFTER = timedelta(minutes=5)
"""Processing shows an order no sooner (Mindbox API v3, orders by id)."""
_TRUST_ORDER_AFTER = timedelta(hours=1)
"""From then on the order's own word counts, though the history does not name the order."""
_GIVE_UP_AFTER = timedelta(days=1)
"""How long after delivery a code may stay unknown to processing, or an order to the order service."""

_NOTHING_BY_RULES = "По правилам программы за этот заказ баллы не начислены"
_TAKEN_BACK = "Баллы были начислены, но потом сняты процессингом"
_NOBODY = {
    Standing.NOT_FOUND: "Участника программы с этим кодом нет: баллы начислить некому",
    Standing.AMBIGUOUS: "Код подходит нескольким участникам: баллы никому не начислены",
    Standing.BLOCKED: "Участник программы заблокирован: баллы не начислены",
}


class Settling:
    """Writes debts as they become. `notices` says whether the customer is told of an accrual."""

    def __init__(self, outside: Outside, looks: Looks, *, notices: bool, on_change: Callable[[], None]) -> None:
        self._out = outside
        self._looks = looks
        self._notices = notices
        self._changed = on_change

    def keep(self, debt: Debt) -> None:
        """Write down what became of a debt.

        Raises:
            OSError: the disk refused.
        """
        self._out.debts.keep(debt)
        self._changed()

    def close(self, debt: Debt) -> None:
        """Write down the end of a debt: nothing has to be asked about it any more.

        Raises:
            OSError: the disk refused.
        """
        self._looks.drop(debt.sale_id)
        self.keep(debt)

    def since_delivery(self, debt: Debt) -> timedelta:
        """How long processing has had the message."""
        at = self._out.outbox.fate(debt.fact_key).at
        return timedelta() if at is None else self._out.clock() - at

    async def whose(self, debts: Sequence[Debt]) -> Customer | None:
        """The customer of these debts as processing knows him; None while it does not.

        Raises:
            PosError: it does not say.
        """
        debt = debts[0]
        known = next((each.customer_id for each in debts if each.customer_id), "")
        if known:
            return Customer(debt.key, Standing.MEMBER, processing_id=known)
        found = await self._out.processing.find_customer(debt.key)
        for each in debts:
            now = self._out.debts.find(each.sale_id)
            if now is None or not now.is_open:
                continue
            if found.standing is Standing.MEMBER:
                self.keep(now.resolved(found))
            elif found.standing in _NOBODY and self.since_delivery(now) >= _GIVE_UP_AFTER:
                self.close(now.refused(_NOBODY[found.standing], at=self._out.clock()))
        return found if found.standing is Standing.MEMBER else None

    async def settle(self, sale_id: UUID, moves: Iterable[Movement]) -> None:
        """Bring a debt to where the history of the account shows it.

        Raises:
            PosError: somebody else had to be asked, and does not say.
            QueueFullError: the notice found no room; the debt stays open.
            OSError: the disk refused.
        """
        debt = self._out.debts.find(sale_id)
        if debt is None or debt.state is DebtState.CANCELLED:
            self._looks.drop(sale_id)
            return
        earned = [move for move in moves if move.kind is MovementKind.EARNED and move.order_id == debt.order_id]
        points = sum(move.points for move in earned)
        if points > 0:
            await self._arrived(
                debt, Points(points), waits=any(not move.available for move in earned if move.points > 0)
            )
        elif debt.state is DebtState.ACCRUED and earned:
            await self._taken_back(debt)
        elif not debt.is_open:
            self._looks.drop(sale_id)
        elif self.since_delivery(debt) >= _ASK_ORDER_AFTER:
            await self._settle_by_order(debt)

    async def _settle_by_order(self, debt: Debt) -> None:
        earned = await self._out.members.earned_by(debt.order_id)
        if earned is None:
            return
        if earned:
            if self.since_delivery(debt) >= _TRUST_ORDER_AFTER:
                await self._arrived(debt, earned, waits=False)
            return
        returned = await self._returned(debt)
        now = self._still_owed(debt)
        if now is not None and (returned is None or returned.is_done):
            at = self._out.clock()
            self.close(now.cancelled(at=at) if returned else now.refused(_NOTHING_BY_RULES, at=at))

    async def _taken_back(self, debt: Debt) -> None:
        """The account had the points and has them no more: a refund at another till, or a person at processing."""
        returned = await self._returned(debt)
        at = self._out.clock()
        self.close(debt.cancelled(at=at) if returned else debt.refused(_TAKEN_BACK, at=at))

    async def _returned(self, debt: Debt) -> Returned | None:
        """The refund of the order, wherever it is or was: this till knows only of its own.

        Raises:
            PosError: nobody can say; an order that the service goes on not to know was not refunded either.
        """
        try:
            return (await self._out.refunds.paid_for(debt.order_number)).returned
        except RefusedError:
            if self.since_delivery(debt) < _GIVE_UP_AFTER:
                raise
            return None

    async def _arrived(self, debt: Debt, points: Points, *, waits: bool) -> None:
        """The account has the points. The notice goes first: after a crash between the two it is put in vain.

        Nobody is told of points that another till is about to have taken back.
        """
        at = self._out.clock()
        if not debt.is_open:
            self.close(debt.paid(points, at=at, waits_for_payment=waits))
            return
        returned = await self._returned(debt)
        now = self._still_owed(debt)
        if now is None or (returned is not None and not returned.is_done):
            return
        if returned:
            self.close(now.cancelled(at=at))
            return
        paid = now.paid(points, at=at, waits_for_payment=waits)
        if self._notices:
            self._out.outbox.put(PointsArrived(paid))
        self.close(paid)

    def _still_owed(self, debt: Debt) -> Debt | None:
        """The debt as it is now: a refund or a person may have been quicker than an answer."""
        now = self._out.debts.find(debt.sale_id)
        return now if now is not None and now.is_open else None
