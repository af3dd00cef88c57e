"""A sale's moves: what the table allows, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from pos_client.domain import choosing, creating
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.sale import MOVES, IllegalMoveError, LoyaltyPath, Sale, Stage, Trouble
from tests.samples import MEMBER, NOW, ORDER, cash, document, live_quote, new_sale, priced_sale, visit, with_visits

TASK = UUID(int=7)


def misregistered() -> Misregistered:
    paid = creating.reserved(priced_sale().payment_asked(cash(499000), at=NOW), None).paid(TASK)
    assert paid.fiscal is not None
    return Misregistered(document(), paid.fiscal.receipt)


MISREGISTERED = misregistered()


def test_a_usual_sale_walks_from_open_to_done() -> None:
    sale = priced_sale(points=490)
    assert (sale.due, sale.points_asked, sale.loyalty.path) == (Money(450000), Points(490), LoyaltyPath.LIVE)
    sale = sale.payment_asked(cash(450000, 500000), at=NOW)
    assert (sale.stage, sale.takings.change, sale.settles) == (Stage.RESERVING, Money(50000), True)
    sale = creating.reserved(sale, Points(225)).paid(TASK).receipt_sent(after=39090).receipted(document())
    assert sale.recorded(at=NOW).stage is Stage.DONE


def test_a_sale_without_a_customer_never_reserves() -> None:
    sale = choosing.order_taken(new_sale(), ORDER)
    sale = choosing.quoted(sale, base_quote(ORDER, Earning.NO_CUSTOMER), order_id=ORDER.number)
    assert sale.loyalty.path is LoyaltyPath.NONE
    assert sale.payment_asked(cash(499000), at=NOW).stage is Stage.PAYING


@pytest.mark.parametrize("kopecks", [0, 450001, 499000])
def test_more_than_is_due_or_nothing_cannot_be_paid(kopecks: int) -> None:
    with pytest.raises(IllegalMoveError):
        priced_sale(points=490).payment_asked(cash(kopecks), at=NOW)


def test_points_alone_may_pay_an_order() -> None:
    quote = replace(live_quote(ORDER), points=Points(4990), points_off=ORDER.total, amounts=(ZERO, ZERO, ZERO))
    sale = choosing.quoted(
        choosing.order_taken(choosing.identified(new_sale(), MEMBER), ORDER), quote, order_id=ORDER.number
    )
    assert sale.payment_asked(cash(0), at=NOW).settles


def test_the_same_intent_keeps_its_transaction_and_a_new_one_gets_another() -> None:
    first = priced_sale().payment_asked(cash(499000), at=NOW)
    reopened = creating.reopened(first, Trouble("Цена изменилась."))
    again = choosing.quoted(reopened, live_quote(ORDER), order_id=ORDER.number)
    second = again.payment_asked(cash(499000), at=NOW)
    assert creating.transaction(first) == creating.transaction(replace(first, trouble=Trouble("?")))
    assert creating.transaction(first) != creating.transaction(second)


def test_losing_the_points_reopens_the_sale_because_more_money_is_due() -> None:
    sale = priced_sale(points=490).payment_asked(cash(450000), at=NOW)
    sale = creating.left_without_points(sale, Earning.LATER, maybe_created=True)
    assert (sale.stage, sale.tenders, sale.due) == (Stage.OPEN, (), Money(499000))
    assert sale.loyalty.abandoned == (ORDER.number,)
    assert sale.loyalty.path is LoyaltyPath.OFFLINE


def test_losing_nothing_but_the_answer_goes_on_with_the_payment() -> None:
    sale = priced_sale().payment_asked(cash(499000), at=NOW)
    sale = creating.left_without_points(sale, Earning.LATER, maybe_created=True)
    assert (sale.stage, sale.loyalty.abandoned) == (Stage.PAYING, (ORDER.number,))
    assert creating.offline_order_id(sale) != ORDER.number


def test_an_order_that_an_earlier_visit_carries_is_not_created_again() -> None:
    order = with_visits(visit(200000), loyalty_order=ORDER.number)
    sale = priced_sale(order=order)
    assert sale.loyalty.path is LoyaltyPath.CARRIED
    assert sale.due == Money(299000)


def test_new_points_on_a_carried_order_are_reserved_under_its_own_id() -> None:
    order = with_visits(visit(200000, discount=10000, points=100), loyalty_order=ORDER.number)
    quote = live_quote(order, points=300)
    sale = choosing.quoted(
        choosing.order_taken(choosing.identified(new_sale(), MEMBER), order), quote, order_id=ORDER.number
    )
    assert (sale.loyalty.path, sale.points_asked, sale.due) == (LoyaltyPath.LIVE, Points(200), Money(269000))


def test_points_are_not_offered_on_an_order_begun_offline() -> None:
    order = with_visits(visit(200000), loyalty_order=f"{ORDER.number}-off-00000000")
    assert not choosing.may_redeem(priced_sale(order=order))


def test_an_unresolved_customer_earns_later_and_spends_nothing_now() -> None:
    customer = Customer(CustomerKey(KeyKind.CDEK_ID, "482915"), Standing.UNRESOLVED)
    sale = choosing.order_taken(choosing.identified(new_sale(), customer), ORDER)
    sale = choosing.quoted(sale, base_quote(ORDER, Earning.LATER), order_id=ORDER.number)
    assert (sale.loyalty.path, choosing.may_redeem(sale)) == (LoyaltyPath.OFFLINE, False)


def test_giving_up_after_the_reserve_owes_its_undoing() -> None:
    sale = creating.reserved(priced_sale(points=490).payment_asked(cash(450000), at=NOW), None).paid(TASK)
    assert sale.given_up().loyalty.abandoned == (ORDER.number,)


def test_a_refused_receipt_gets_a_new_id_and_an_unanswered_one_keeps_it() -> None:
    sale = creating.reserved(priced_sale().payment_asked(cash(499000), at=NOW), None).paid(TASK).receipt_sent(after=5)
    refused = sale.receipt_refused(UUID(int=8), Trouble("Нет бумаги."))
    assert refused.fiscal is not None
    assert (refused.fiscal.id, refused.fiscal.sent, refused.stage) == (UUID(int=8), False, Stage.FISCALISING)
    assert refused.fiscal.receipt == sale.fiscal.receipt if sale.fiscal else False


def test_a_receipt_of_another_total_is_remembered_with_its_words_and_leaves_the_sale_to_be_corrected() -> None:
    trouble = Trouble("Касса пробила другой чек.")
    sale = creating.reserved(priced_sale().payment_asked(cash(499000), at=NOW), None).paid(TASK).receipt_sent(after=5)
    wrong = sale.registered_otherwise(MISREGISTERED, trouble)
    assert (wrong.stage, wrong.misregistered, wrong.trouble) == (Stage.CORRECTING, MISREGISTERED, trouble)
    assert wrong.stage.has_money
    with pytest.raises(IllegalMoveError):
        wrong.given_up()
    right = wrong.receipted(document())
    assert (right.stage, right.document, right.misregistered) == (Stage.RECORDING, document(), MISREGISTERED)


class EveryMove(RuleBasedStateMachine):
    """Tries every move at every moment: each either follows the table or changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.sale: Sale = priced_sale(points=490)

    def attempt(self, move: Callable[..., Sale], *args: object, **kwargs: object) -> None:
        before = self.sale
        try:
            after = move(before, *args, **kwargs)
        except IllegalMoveError:
            assert self.sale == before
            return
        assert after.stage is before.stage or after.stage in MOVES[before.stage]
        assert after.id == before.id
        self.sale = after

    @rule()
    def identified(self) -> None:
        self.attempt(choosing.identified, MEMBER)

    @rule()
    def order_taken(self) -> None:
        self.attempt(choosing.order_taken, ORDER)

    @rule()
    def quoted(self) -> None:
        self.attempt(choosing.quoted, live_quote(ORDER, 490), order_id=ORDER.number)

    @rule()
    def payment_asked(self) -> None:
        self.attempt(Sale.payment_asked, cash(max(self.sale.due.kopecks, 0)), at=NOW)

    @rule()
    def part_asked(self) -> None:
        self.attempt(Sale.payment_asked, cash(100000), at=NOW)

    @rule()
    def reserved(self) -> None:
        self.attempt(creating.reserved, Points(1))

    @rule()
    def reopened(self) -> None:
        self.attempt(creating.reopened)

    @rule()
    def left_without_points(self) -> None:
        self.attempt(creating.left_without_points, Earning.LATER, maybe_created=True)

    @rule()
    def paid(self) -> None:
        self.attempt(Sale.paid, TASK)

    @rule()
    def receipt_sent(self) -> None:
        self.attempt(Sale.receipt_sent, after=1)

    @rule()
    def receipted(self) -> None:
        self.attempt(Sale.receipted, document())

    @rule()
    def registered_otherwise(self) -> None:
        self.attempt(Sale.registered_otherwise, MISREGISTERED, Trouble("Касса пробила другой чек."))

    @rule()
    def recorded(self) -> None:
        self.attempt(Sale.recorded, at=NOW)

    @rule()
    def given_up(self) -> None:
        self.attempt(Sale.given_up)

    @rule()
    def cancelled(self) -> None:
        self.attempt(Sale.cancelled, at=NOW)

    @invariant()
    def money_taken_has_a_receipt_that_asks_for_exactly_it(self) -> None:
        if self.sale.stage.has_money:
            assert self.sale.fiscal is not None
            receipt = self.sale.fiscal.receipt
            prepaid = sum(p.sum.kopecks for p in receipt.payments if p.sign.name == "PREPAID")
            assert receipt.total.kopecks - prepaid == self.sale.taken.kopecks

    @invariant()
    def nothing_is_finished_without_an_end(self) -> None:
        assert (self.sale.finished_at is None) == self.sale.is_open

    @invariant()
    def what_is_being_corrected_is_known_and_cannot_be_given_up(self) -> None:
        if self.sale.stage is Stage.CORRECTING:
            assert self.sale.misregistered == MISREGISTERED
            assert not self.sale.may_be_given_up

    @invariant()
    def done_means_registered(self) -> None:
        assert self.sale.stage is not Stage.DONE or self.sale.document is not None


EveryMove.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestEveryMove = EveryMove.TestCase


def test_asking_for_no_points_is_the_beginning() -> None:
    assert new_sale().points_asked == NO_POINTS
