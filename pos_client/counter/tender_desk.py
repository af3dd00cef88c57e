"""The cashier's gestures about how a visit is paid, and how far its money has come as the screen shows it."""

from collections.abc import Callable, Sequence

from pos_client.counter import words
from pos_client.counter.checkout import Checkout
from pos_client.counter.giving_back import testified_return
from pos_client.counter.pricing import Outside
from pos_client.counter.receiptable import objection
from pos_client.counter.register_watch import RegisterWatch
from pos_client.counter.state import Tendering, TenderStep, WaitFor
from pos_client.counter.telling import Told
from pos_client.counter.tendering import means_of, testified
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import QrCode, Tender, TenderState, TenderWish, Testimony, split_equally
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.domain.settling import FiscalRules
from pos_client.ports import RefusedError

__all__ = ["TenderDesk"]


class TenderDesk:
    """Gestures about money. None is taken while the register, or the `rules`, would surely refuse the receipt."""

    def __init__(
        self,
        outside: Outside,
        checkout: Checkout,
        say: Callable[[Trouble | None], None],
        *,
        cashier: str,
        register: RegisterWatch,
        rules: FiscalRules,
    ) -> None:
        self._out = outside
        self._checkout = checkout
        self._say = say
        self._cashier = cashier
        self._register = register
        self._rules = rules

    # ----------------------------------------------------------------------------------------------- to be shown

    @property
    def means(self) -> tuple[TenderKind, ...]:
        """What this till can take money by."""
        return means_of(self._out)

    @property
    def qr(self) -> QrCode | None:
        """The code that the customer is to scan now."""
        return self._checkout.taking.qr

    @property
    def now(self) -> Tendering | None:
        """How far the money of the sale on the counter has come; None when none is being moved."""
        sale = self._checkout.here.sale
        if sale is None:
            return None
        taking = sale.stage is Stage.PAYING
        if not taking and not (sale.stage is Stage.CANCELLING and any(one.must_go_back for one in sale.tenders)):
            return None
        current = sale.takings.next if taking else sale.next_return
        return Tendering(
            step=self._step(sale, current),
            tenders=sale.tenders,
            current=current,
            attempts=sale.attempts,
            due=sale.due,
            planned=sale.taken,
            approved=sale.takings.approved,
        )

    def _step(self, sale: Sale, current: Tender | None) -> TenderStep:
        if self._checkout.is_paying:
            return self._step_under_way(sale)
        if current is not None and current.state in {TenderState.UNKNOWN, TenderState.RETURN_UNKNOWN}:
            return TenderStep.QUESTIONS
        if sale.stage is Stage.CANCELLING:
            return TenderStep.STUCK
        if sale.takings.approved > sale.due:
            return TenderStep.DECIDE
        if current is None or current.state is TenderState.ASKED:
            return TenderStep.STUCK
        cash = current.kind is TenderKind.CASH and current.state is TenderState.PLANNED
        return TenderStep.CASH if cash else TenderStep.DECIDE

    def _step_under_way(self, sale: Sale) -> TenderStep:
        wait = self._checkout.here.wait
        if wait is not None and wait.what is WaitFor.TENDER_CHECK:
            return TenderStep.CHECKING
        if sale.stage is Stage.CANCELLING:
            return TenderStep.GIVING_BACK
        return TenderStep.QR if self.qr is not None else TenderStep.ASKING

    # -------------------------------------------------------------------------------------------------- gestures

    async def receipt_wanted(self, contact: str, *, paper: bool) -> None:
        """How the customer wants the receipt: sent to this phone or e-mail (empty: nowhere), on paper, or both."""
        with Told(self._say):
            await self._checkout.preparing.receipt_wanted(contact, paper=paper)

    async def pay_plan(self, wishes: Sequence[TenderWish]) -> None:
        """Take what is due, or a part of it, in these parts; while money is being taken, its rest."""
        if not await self._may_begin():
            return
        with Told(self._say):
            await self._checkout.pay(wishes)

    async def rest_by(self, kind: TenderKind, received: Money | None = None) -> None:
        """Take all that is left of this visit by one means; cash may be counted already."""
        if not await self._may_begin():
            return
        with Told(self._say):
            await self._checkout.pay([TenderWish(kind, self.rest, received)])

    async def split(self, parts: int, kind: TenderKind = TenderKind.CARD) -> None:
        """Take all that is left of this visit in equal parts by one means."""
        if not await self._may_begin():
            return
        with Told(self._say):
            try:
                amounts = split_equally(self.rest, parts)
            except ValueError as error:
                raise RefusedError(words.PARTS_ARE_WRONG) from error
            await self._checkout.pay([TenderWish(kind, amount) for amount in amounts])

    async def enough(self) -> None:
        """Take no more in this visit: what has moved is a part of the order, the rest stays for another one."""
        with Told(self._say):
            sale = self._checkout.here.sale
            if sale is not None and sale.stage is Stage.PAYING:
                await self._checkout.pay([])

    async def cash(self, received: Money) -> None:
        """The cash that the plan waits for is in the drawer."""
        with Told(self._say):
            await self._checkout.go_on(lambda sale: _counted(sale, received), more=True)

    def stop_qr(self) -> None:
        """The customer will not scan the code: it is taken back, and looked at once more."""
        self._checkout.taking.stop_qr()

    async def answer_check(self, slip: bool, amount: Money) -> None:  # noqa: FBT001 - the two answers, as they are asked
        """What the cashier sees where neither terminal nor bank could tell: is there a slip, and for which sum?"""
        testimony = Testimony(self._cashier, self._out.clock(), slip, amount)
        with Told(self._say):
            await self._checkout.go_on(
                lambda sale: (testified if sale.stage is Stage.PAYING else testified_return)(sale, testimony)
            )

    @property
    def rest(self) -> Money:
        """What one key would take: the rest of a visit whose money is being taken, or all that is due."""
        sale = self._checkout.here.sale
        if sale is None:
            return Money(0)
        return min(sale.taken, sale.due) - sale.takings.approved if sale.stage is Stage.PAYING else sale.due

    async def _may_begin(self) -> bool:
        sale = self._checkout.here.sale
        if sale is None or sale.stage is Stage.PAYING:
            return sale is not None
        trouble = await self._register.obstacle() or objection(self._checkout.here.sale, self._rules)
        if trouble is not None:
            self._say(trouble)
        return trouble is None


def _counted(sale: Sale, received: Money) -> Sale:
    tender = sale.takings.next
    counting = tender is not None and tender.kind is TenderKind.CASH and tender.state is TenderState.PLANNED
    if tender is None or not counting or sale.stage is not Stage.PAYING:
        raise RefusedError(words.FINISH_FIRST)
    if received < tender.amount:
        raise RefusedError(words.SUM_IS_WRONG)
    return sale.tender_became(tender, tender.counted(received))
