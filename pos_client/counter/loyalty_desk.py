"""What a cashier does with a customer's points and coupons: spend, confirm by a code, name a coupon, choose."""

from collections.abc import Callable

from pos_client.counter import loyalty_words, words
from pos_client.counter.checkout import Checkout
from pos_client.counter.codes import Codes
from pos_client.counter.state import CodeAsked
from pos_client.counter.telling import Told
from pos_client.domain import choosing
from pos_client.domain.customer import Customer
from pos_client.domain.loyalty import CouponState, Earning, QuoteSource
from pos_client.domain.money import Points
from pos_client.domain.sale import Sale, Stage, Trouble

__all__ = ["LoyaltyDesk"]

_LONGEST_COUPON = 64


class LoyaltyDesk:
    """The gestures of loyalty. A sale without any of them, and in the middle of any of them, can always be paid."""

    def __init__(self, checkout: Checkout, codes: Codes, say: Callable[[Trouble | None], None]) -> None:
        self._checkout = checkout
        self._codes = codes
        self._say = say
        self._for: Sale | None = None
        """The sale whose customer is asked for a code."""
        self._wanted: Points | None = None

    @property
    def asked(self) -> CodeAsked | None:
        """The code that the customer on the counter is asked for."""
        return self._codes.asked if self._asked_of() is not None else None

    async def redeem(self, points: Points | None) -> None:
        """Spend so many points, or with None as many as allowed; with the shop's rule so, after a code."""
        if points is not None and not points:
            self._codes.drop()
        with Told(self._say):
            asked_of = await self._checkout.preparing.redeem(points)
            if asked_of is not None and asked_of.customer is not None:
                await self._ask(asked_of, asked_of.customer, points)

    async def _ask(self, sale: Sale, customer: Customer, points: Points | None) -> None:
        under_way = self._asked_of()
        self._wanted = points
        if under_way is not None and self._codes.asked is not None and self._codes.asked.trouble is None:
            return
        if under_way is None:
            self._codes.drop()
            self._for, under_way = sale, customer
        await self._codes.send(under_way, under_way.phone)

    async def code(self, text: str) -> None:
        """Take the code that the customer read out; the right one spends the points that were asked for."""
        customer, sale = self._asked_of(), self._for
        if customer is None or sale is None or not await self._codes.is_right(customer, text):
            return
        self._codes.drop()
        with Told(self._say):
            await self._checkout.preparing.redeem(self._wanted, confirmed=sale)

    async def send_code_again(self) -> None:
        """Have a new code sent."""
        customer = self._asked_of()
        if customer is not None:
            await self._codes.send(customer, customer.phone)

    def without_points(self) -> None:
        """Ask for no code any more: the sale goes on without points."""
        self._codes.drop()

    def go_on_without_points(self) -> None:
        """Do not wait for loyalty any longer."""
        self._checkout.patience.skip()

    def wait_longer(self) -> None:
        """Give loyalty a little more time."""
        self._checkout.patience.extend()

    async def choose(self, processing_id: str) -> None:
        """The customer is this one of the candidates."""
        with Told(self._say):
            await self._checkout.preparing.choose(processing_id)

    async def coupon(self, code: str) -> None:
        """The customer names a coupon; one that changes nothing says why."""
        code = code.strip()
        if not code or len(code) > _LONGEST_COUPON or any(not sign.isprintable() or sign.isspace() for sign in code):
            self._say(loyalty_words.COUPON_IS_STRANGE)
            return
        if self._checkout.is_paying:
            self._say(words.FINISH_FIRST)
            return
        with Told(self._say):
            await self._checkout.preparing.change(lambda sale: _with(sale, code))
            self._tell(code)

    async def drop_coupon(self, code: str) -> None:
        """The coupon is taken off the sale again."""
        with Told(self._say):
            await self._checkout.preparing.change(lambda sale: _without(sale, code))

    def _tell(self, code: str) -> None:
        sale = self._checkout.here.sale
        if sale is None or sale.stage is not Stage.OPEN:
            return
        if sale.quote is None or sale.customer is None:
            self._say(loyalty_words.COUPON_WAITS)
            return
        did = next((one for one in sale.quote.coupons if one.code.casefold() == code.casefold()), None)
        if did is None or did.state is CouponState.APPLIED:
            return
        if not sale.customer.may_earn:
            self._say(loyalty_words.COUPON_FOR_MEMBERS)
        elif did.state is CouponState.UNAVAILABLE and (
            sale.quote.source is QuoteSource.LIVE or sale.quote.earning is Earning.LATER
        ):
            self._say(loyalty_words.COUPON_NOT_NOW)
        else:
            self._say(loyalty_words.coupon_refused(did))

    def _asked_of(self) -> Customer | None:
        """Whom the code under way was sent to, while he and his sale are still on the counter."""
        asked, now = self._for, self._checkout.here.sale
        if self._codes.asked is None or asked is None or now is None or now.stage is not Stage.OPEN:
            return None
        return asked.customer if choosing.is_visit_of_same(now, asked) else None


def _with(sale: Sale, code: str) -> Sale:
    known = {one.casefold() for one in sale.coupons}
    return sale if code.casefold() in known else choosing.coupons_named(sale, *sale.coupons, code)


def _without(sale: Sale, code: str) -> Sale:
    left = tuple(one for one in sale.coupons if one != code)
    return sale if left == sale.coupons else choosing.coupons_named(sale, *left)
