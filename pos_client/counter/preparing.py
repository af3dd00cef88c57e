"""Everything before money: who stands at the counter, which order lies there, its price, where its receipt goes."""

from collections.abc import Callable
from uuid import UUID

from pos_client.counter import meanwhile_words, words
from pos_client.counter.freshness import Freshness
from pos_client.counter.pricing import Pricing
from pos_client.counter.sale_here import SaleHere
from pos_client.counter.state import WaitFor
from pos_client.domain import choosing
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.order import Order
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.ports import RefusedError

__all__ = ["Preparing"]


class Preparing:
    """Makes an open sale ready to be paid; `new_sale` begins one. With every change its price is asked for anew."""

    def __init__(
        self,
        here: SaleHere,
        pricing: Pricing,
        freshness: Freshness,
        *,
        new_sale: Callable[[], Sale],
        confirm_spending: bool,
    ) -> None:
        self._here = here
        self._pricing = pricing
        self._freshness = freshness
        self._new_sale = new_sale
        self._confirm_spending = confirm_spending

    async def identify(self, key: CustomerKey) -> None:
        """Put a customer on the counter; one that nobody can resolve now stays by his code, verbatim.

        Raises:
            RefusedError: a card that nobody has: many bar codes look like one, so a found member stays.
        """
        async with self._here.turn():
            sale = self._open_sale()
            found = await self._pricing.find(key)
            known = sale.customer is not None and sale.customer.standing is Standing.MEMBER
            if known and key.kind is KeyKind.CARD and found.standing is Standing.NOT_FOUND:
                raise RefusedError(words.NO_SUCH_CARD)
            self._here.keep(choosing.identified(sale, found))
            await self.price(NO_POINTS)

    async def choose(self, processing_id: str) -> None:
        """The customer is this one of those whom the key may mean.

        Raises:
            PosError: nobody is chosen yet; the candidates stay.
        """
        async with self._here.turn():
            sale = self._here.sale
            if sale is None or sale.stage is not Stage.OPEN or sale.customer is None:
                return
            if all(one.processing_id != processing_id for one in sale.customer.candidates):
                return
            self._here.keep(choosing.identified(sale, await self._pricing.choose(sale.customer.key, processing_id)))
            await self.price(NO_POINTS)

    async def seat(self, member: Customer, *, on: UUID | None, after: UUID | None) -> None:
        """Put somebody whom processing has just registered on the counter, if it is still his.

        It is when the sale `on` lies there (with None, any), and none has ended since `after`; another member stays.
        """

        def seated(sale: Sale) -> Sale:
            gone = after != (self._here.last.id if self._here.last else None) or on not in {None, sale.id}
            taken = sale.customer is not None and sale.customer.standing is Standing.MEMBER
            return sale if gone or taken else choosing.identified(sale, member)

        await self.change(seated)

    async def change(self, move: Callable[[Sale], Sale]) -> None:
        """Make a move of an open sale, begun now if there is none, and ask for its price anew with the same points.

        Raises:
            RefusedError: the sale is being paid.
        """
        async with self._here.turn():
            sale = self._open_sale()
            moved = move(sale)
            if moved is not sale:
                self._here.keep(moved)
                await self.price(moved.points_asked)

    async def take_order(self, number: str) -> None:
        """Put an order on the counter. Another one that lay there is set aside; its customer stays.

        Raises:
            PosError: the order cannot be shown; what lay on the counter still lies there.
        """
        async with self._here.turn():
            self._here.show_wait(WaitFor.ORDER, slow=False)
            try:
                order = await self._freshness.load(number, behind=self._here.sale is not None)
            finally:
                self._here.show_wait(None, slow=False)
            sale = self._open_sale()
            if sale.order is not None and sale.order.number != number:
                customer = sale.customer
                self._here.drop(sale)
                sale = self._new_sale() if customer is None else choosing.identified(self._new_sale(), customer)
            self._here.keep(choosing.order_taken(sale, order))
            await self.price(NO_POINTS)

    async def redeem(self, points: Points | None, *, confirmed: Sale | None = None) -> Sale | None:
        """Spend `points` on the order, or with None all that the server allows; returns a sale that needs a code first.

        A customer whom nobody could resolve is looked up once more, because the cashier asks for his points.
        `confirmed` is the sale as it was when its customer was asked for the code that he has named.
        """
        async with self._here.turn():
            sale = self._here.sale
            if sale is None or sale.stage is not Stage.OPEN or sale.order is None or sale.customer is None:
                return None
            if confirmed is not None:
                if not choosing.is_visit_of_same(sale, confirmed):
                    return None
                self._here.keep(choosing.spending_allowed(sale))
            if sale.customer.standing is Standing.UNRESOLVED and not sale.loyalty.abandoned:
                self._here.keep(choosing.identified(sale, await self._pricing.find(sale.customer.key)))
                await self.price(NO_POINTS)
            sale = self._here.sale
            if sale is None or not choosing.may_redeem(sale) or sale.quote is None or sale.order is None:
                return None
            most = Points(max(sale.quote.redeemable.count - sale.order.points_spent.count, 0))
            wanted = most if points is None else points
            if wanted and self._confirm_spending and not sale.spending_confirmed:
                return sale
            await self.price(wanted)
            return None

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """Send the receipt of this visit to a phone or e-mail, print it, or both.

        Raises:
            RefusedError: no such contact, or money is being taken already.
        """
        async with self._here.turn():
            try:
                self._here.keep(choosing.receipt_wanted(self._open_sale(), contact, paper=paper))
            except ValueError as error:
                raise RefusedError(words.CONTACT_IS_WRONG) from error

    def _open_sale(self) -> Sale:
        sale = self._here.sale
        if sale is None or not sale.is_open:
            return self._new_sale()
        if sale.stage is not Stage.OPEN:
            raise RefusedError(words.FINISH_FIRST)
        return sale

    # ------------------------------------------------------------------------------- for whoever has the turn already

    async def price(self, points: Points) -> Sale | None:
        """Ask for the price of what is on the counter; returns the sale there."""
        sale = self._here.sale
        if sale is None or sale.order is None or sale.stage is not Stage.OPEN:
            return sale
        if sale.order.obstacle(sale.office) is not None:
            return sale
        priced = await self._pricing.price(sale, sale.order, points)
        quoted = choosing.quoted(sale, priced.quote, order_id=priced.order_id)
        return self._here.keep(quoted.troubled(priced.trouble) if priced.trouble else quoted)

    async def renewed(self, sale: Sale, order: Order) -> Trouble | None:
        """What has become of the order since it was laid here; it is on the counter anew then. None: nothing.

        Raises:
            RefusedError: a sale or a refund of it has not ended at this till, or a refund has it elsewhere.
        """
        now = await self._freshness.changed(order)
        if now is None:
            return None
        self._here.keep(choosing.order_taken(sale, now))
        opened = await self.price(NO_POINTS) or sale
        return meanwhile_words.changed_meanwhile(order, now, due_before=sale.due, due=opened.due)
