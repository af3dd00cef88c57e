"""What a finished visit owes to the world, and under which identity."""

from dataclasses import replace
from uuid import UUID

import pytest

from pos_client.domain import choosing, creating
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.facts import LoyaltyUndone, OrderSettled, SoldOffline, VisitPaid, facts_of
from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.money import Money, Points
from pos_client.domain.order import LineKind, Obstacle, OrderLine, OrderState, Payer
from pos_client.domain.sale import Sale
from tests.samples import NOW, ORDER, cash, document, new_sale, priced_sale, visit, with_visits


def finished(sale: Sale, kopecks: int) -> Sale:
    sale = sale.payment_asked(cash(kopecks), at=NOW)
    if sale.loyalty.path.name == "LIVE":
        sale = creating.reserved(sale, Points(1))
    return sale.paid(UUID(int=7)).receipt_sent(after=1).receipted(document())


def kinds(sale: Sale) -> list[str]:
    return [type(fact).__name__ for fact in facts_of(sale)]


def test_a_full_payment_tells_the_order_service_and_releases_the_points() -> None:
    assert kinds(finished(priced_sale(490), 450000)) == ["VisitPaid", "OrderSettled"]


def test_a_part_leaves_the_points_blocked() -> None:
    assert kinds(finished(priced_sale(), 100000)) == ["VisitPaid"]


def test_the_last_part_releases_what_the_first_carried() -> None:
    order = with_visits(visit(200000), loyalty_order=ORDER.number)
    sale = finished(priced_sale(order=order), 299000)
    settled = next(fact for fact in facts_of(sale) if isinstance(fact, OrderSettled))
    assert settled.order_id == ORDER.number


def test_a_sale_without_processing_owes_an_offline_order_under_its_own_id() -> None:
    customer = Customer(CustomerKey(KeyKind.CDEK_ID, "482915"), Standing.UNRESOLVED)
    sale = choosing.order_taken(choosing.identified(new_sale(), customer), ORDER)
    sale = finished(choosing.quoted(sale, base_quote(ORDER, Earning.LATER), order_id=ORDER.number), 499000)
    paid, offline = facts_of(sale)
    assert isinstance(offline, SoldOffline)
    assert isinstance(paid, VisitPaid)
    assert offline.order_id == paid.loyalty_order == creating.offline_order_id(sale) != ORDER.number


def test_nobody_is_told_about_points_of_nobody() -> None:
    sale = choosing.quoted(
        choosing.order_taken(new_sale(), ORDER), base_quote(ORDER, Earning.NO_CUSTOMER), order_id=ORDER.number
    )
    assert kinds(finished(sale, 499000)) == ["VisitPaid"]


def test_an_abandoned_create_is_owed_at_once_and_for_ever() -> None:
    sale = creating.left_without_points(
        priced_sale(490).payment_asked(cash(450000), at=NOW), Earning.LATER, maybe_created=True
    )
    (undone,) = facts_of(sale)
    assert isinstance(undone, LoyaltyUndone)
    assert not undone.restores
    done = finished(sale, 499000)
    assert kinds(done) == ["LoyaltyUndone", "VisitPaid", "SoldOffline"]
    assert facts_of(done)[0].key == undone.key


def test_undoing_points_on_a_carried_order_keeps_what_earlier_visits_left() -> None:
    order = with_visits(visit(200000), loyalty_order=ORDER.number)
    sale = priced_sale(points=100, order=order).payment_asked(cash(289000), at=NOW)
    (undone,) = facts_of(creating.left_without_points(sale, Earning.LATER, maybe_created=True))
    assert isinstance(undone, LoyaltyUndone)
    assert undone.restores


def test_the_same_sale_owes_the_same_keys_after_a_restart() -> None:
    sale = finished(priced_sale(490), 450000)
    assert [fact.key for fact in facts_of(sale)] == [fact.key for fact in facts_of(sale.recorded(at=NOW))]


@pytest.mark.parametrize(
    ("state", "payer", "office", "obstacle"),
    [
        (OrderState.ACCEPTED, Payer.SENDER, "MSK548", None),
        (OrderState.WAITING, Payer.RECIPIENT, "NSK1", None),
        (OrderState.ON_THE_WAY, Payer.RECIPIENT, "NSK1", Obstacle.ON_THE_WAY),
        (OrderState.WAITING, Payer.RECIPIENT, "KUR58", Obstacle.OTHER_OFFICE),
        (OrderState.DELIVERED, Payer.RECIPIENT, "NSK1", Obstacle.DELIVERED),
        (OrderState.NOT_DELIVERED, Payer.RECIPIENT, "NSK1", Obstacle.NOT_DELIVERED),
    ],
)
def test_an_order_says_why_it_cannot_be_paid_here(
    state: OrderState, payer: Payer, office: str, obstacle: Obstacle | None
) -> None:
    assert replace(ORDER, state=state, payer=payer).obstacle(office) is obstacle


def test_a_paid_order_has_nothing_due() -> None:
    assert with_visits(visit(499000)).obstacle("MSK548") is Obstacle.NOTHING_DUE


def test_what_earlier_visits_took_off_stays_off_without_processing_and_never_touches_goods() -> None:
    goods = OrderLine("g", "Кружка", LineKind.GOODS, Money(149900))
    order = with_visits(visit(100000, discount=12345, points=100))
    order = replace(order, lines=(goods, *ORDER.lines))
    quote = base_quote(order, Earning.LATER)
    assert quote.amounts[0] == goods.total
    assert quote.payable == order.total - Money(12345)
    assert (quote.points, quote.points_off) == (Points(100), Money(10000))
