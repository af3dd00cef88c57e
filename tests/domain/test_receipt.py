"""Receipts: what the law wants for the money just taken, to the kopeck."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.domain.loyalty import Earning, Quote, QuoteSource, base_quote
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import LineKind, Order, OrderLine, OrderState, Payer, Seller, TenderKind, Vat
from pos_client.domain.receipt import (
    FiscalPayment,
    PaymentSign,
    Receipt,
    Settlement,
    Subject,
    Tender,
    receipt_for,
)
from pos_client.domain.settling import FiscalRules
from tests.samples import NOW, ORDER, cash, document, live_quote, new_sale, visit, with_visits

AT_HAND_OVER = replace(ORDER, state=OrderState.WAITING, payer=Payer.RECIPIENT)


def receipt(order: Order, quote: Quote, tenders: tuple[Tender, ...]) -> Receipt:
    return receipt_for(order, quote, tenders, sale_id=new_sale().id, cashier="Иванова М.")


def test_paying_all_at_hand_over_is_a_full_settlement_at_the_price_after_points() -> None:
    made = receipt(AT_HAND_OVER, live_quote(ORDER, 490), cash(450000, 500000))
    assert [line.amount for line in made.lines] == [Money(401000), Money(30000), Money(19000)]
    assert {line.settlement for line in made.lines} == {Settlement.FULL}
    assert made.payments == (FiscalPayment(PaymentSign.CASH, Money(500000)),)
    assert [note.replace("\N{NO-BREAK SPACE}", " ") for note in made.notes] == [
        "Стоимость заказа: 4 990,00 ₽",
        "Списано баллов: 490",
    ]


@pytest.mark.parametrize(
    ("paid", "promised", "owed", "note"),
    [
        (499000, Points(225), False, ("Будет начислено баллов: 225",)),
        (100000, Points(225), False, ("Будет начислено баллов: 225 после полной оплаты",)),
        (499000, None, True, ("Баллы за заказ начислятся позже: по правилам дня продажи",)),
        (499000, Points(0), False, ()),
        (499000, None, False, ()),
    ],
)
def test_the_receipt_says_which_points_will_come(
    *,
    paid: int,
    promised: Points | None,
    owed: bool,
    note: tuple[str, ...],
) -> None:
    made = receipt_for(
        ORDER,
        live_quote(ORDER),
        cash(paid),
        sale_id=new_sale().id,
        cashier="Иванова М.",
        promised=promised,
        owed=owed,
    )
    assert made.notes == note


def test_a_part_is_a_prepayment_spread_over_the_lines() -> None:
    made = receipt(ORDER, live_quote(ORDER), cash(200000))
    assert made.total == Money(200000)
    assert {line.settlement for line in made.lines} == {Settlement.PREPAYMENT}


def test_the_last_part_settles_everything_and_offsets_what_was_paid() -> None:
    order = replace(AT_HAND_OVER, visits=(visit(200000),), loyalty_order=ORDER.number)
    made = receipt(order, live_quote(order, 490), cash(250000))
    assert made.total == Money(450000)
    assert made.payments == (
        FiscalPayment(PaymentSign.PREPAID, Money(200000)),
        FiscalPayment(PaymentSign.CASH, Money(250000)),
    )


def test_points_for_everything_make_a_receipt_of_zero() -> None:
    quote = replace(live_quote(ORDER), points=Points(4990), points_off=ORDER.total, amounts=(ZERO, ZERO, ZERO))
    made = receipt(ORDER, quote, cash(0))
    assert (made.total, len(made.lines)) == (ZERO, 3)
    assert made.payments == (FiscalPayment(PaymentSign.OTHER, ZERO),)
    assert {line.settlement for line in made.lines} == {Settlement.FULL}


def test_goods_of_a_shop_carry_their_seller_and_services_do_not() -> None:
    seller = Seller("ООО Ромашка", "7707083893", "+74950000000")
    goods = OrderLine("g", "Кружка", LineKind.GOODS, Money(149900), vat=Vat.NONE, seller=seller)
    order = replace(ORDER, lines=(goods, ORDER.lines[1]))
    made = receipt(order, base_quote(order, Earning.NO_CUSTOMER), cash(179900))
    assert [(line.subject, line.seller) for line in made.lines] == [
        (Subject.COMMODITY, seller),
        (Subject.SERVICE, None),
    ]


def test_non_cash_stands_before_cash() -> None:
    card = Tender(TenderKind.CARD, Money(200000), Money(200000))
    made = receipt(ORDER, live_quote(ORDER), (*cash(299000, 300000), card))
    assert [payment.sign for payment in made.payments] == [PaymentSign.CASHLESS, PaymentSign.CASH]


def test_more_than_is_due_makes_no_receipt() -> None:
    with pytest.raises(ValueError, match="more than is due"):
        receipt(ORDER, live_quote(ORDER), cash(499001))


@pytest.mark.parametrize("kind", [TenderKind.CARD, TenderKind.SBP])
def test_change_is_given_from_cash_only(kind: TenderKind) -> None:
    with pytest.raises(ValueError, match="change"):
        Tender(kind, Money(100), Money(200))


@st.composite
def carts(draw: st.DrawFn) -> tuple[Order, Quote, int]:
    """An order, a price with any discount on it, and a sum to pay now."""
    lines = tuple(
        OrderLine(
            str(i),
            "Строка",
            draw(st.sampled_from(LineKind)),
            Money(draw(st.integers(1, 3_000_000))),
            draw(st.integers(1, 7)),
        )
        for i in range(draw(st.integers(1, 6)))
    )
    order = replace(ORDER, lines=lines)
    amounts = tuple(Money(draw(st.integers(0, line.total.kopecks))) for line in lines)
    off = order.total - Money.sum(amounts)
    quote = Quote(
        order.total, (), Points(0), off, Points(0), amounts, Earning.AFTER_FULL_PAYMENT, source=QuoteSource.LIVE
    )
    return order, quote, draw(st.integers(0, quote.payable.kopecks))


@given(carts())
def test_any_payment_makes_a_receipt_that_sums(cart: tuple[Order, Quote, int]) -> None:
    order, quote, paid = cart
    made = receipt(order, quote, cash(paid))
    assert made.total == (quote.payable if paid == quote.payable.kopecks else Money(paid))
    assert sum(payment.sum.kopecks for payment in made.payments) == made.total.kopecks
    assert all(line.price >= ZERO and line.quantity > 0 for line in made.lines)


@given(carts())
def test_two_parts_together_settle_exactly(cart: tuple[Order, Quote, int]) -> None:
    order, quote, first = cart
    if first in {0, quote.payable.kopecks}:
        return
    paid_before = with_visits(visit(first, discount=quote.discount.kopecks))
    later = replace(paid_before, lines=order.lines, state=OrderState.WAITING)
    rest = quote.payable - Money(first)
    made = receipt(later, quote, cash(rest.kopecks))
    assert made.total == quote.payable
    assert {line.settlement for line in made.lines} == {Settlement.FULL}


@pytest.mark.parametrize(("letters", "kept"), [(109, 109), (110, 109), (300, 109)])
def test_a_long_name_is_cut_and_the_number_of_the_order_never(letters: int, kept: int) -> None:
    order = replace(ORDER, lines=(replace(ORDER.lines[0], name="Я" * letters),))
    [line] = receipt(order, base_quote(order, Earning.NO_CUSTOMER), cash(450000)).lines
    assert line.name == f"{'Я' * kept} (заказ 1106153417)"
    assert len(line.name) == 128


def test_a_receipt_reaches_its_buyer_somehow() -> None:
    made = receipt(ORDER, live_quote(ORDER), cash(499000))
    assert replace(made, contact="+79165550067", paper=False).contact == "+79165550067"
    with pytest.raises(ValueError, match="reaches its buyer"):
        replace(made, paper=False)


@pytest.mark.parametrize("taken", [451000, 1000])
def test_a_price_of_another_order_makes_no_receipt(taken: int) -> None:
    order = replace(AT_HAND_OVER, lines=(*ORDER.lines, replace(ORDER.lines[0], id="4")))
    quote = replace(live_quote(ORDER, 480), points_off=Money(48000))
    with pytest.raises(ValueError, match="zip"):
        receipt(order, quote, cash(taken))


def test_a_credit_is_paid_off_at_the_rate_of_the_day_of_handing_over() -> None:
    given = replace(visit(100000), at=datetime(2025, 12, 20, tzinfo=UTC), office=ORDER.destination_office)
    earlier = replace(visit(50000), at=datetime(2026, 1, 10, tzinfo=UTC), office=ORDER.origin_office)
    order = replace(AT_HAND_OVER, visits=(earlier, given))
    made = receipt_for(
        order,
        live_quote(order),
        cash(200000),
        sale_id=new_sale().id,
        cashier="Иванова М.",
        at=NOW,
        rules=FiscalRules(on_credit=True),
    )
    assert {(line.settlement, line.subject, line.vat) for line in made.lines} == {
        (Settlement.CREDIT_PAYMENT, Subject.PAYMENT, Vat.VAT20)
    }


def test_what_is_given_on_credit_is_what_nobody_has_paid_yet() -> None:
    order = replace(AT_HAND_OVER, visits=(replace(visit(100000), office=ORDER.origin_office),))
    made = receipt_for(
        order, live_quote(order), cash(50000), sale_id=new_sale().id, cashier="И", rules=FiscalRules(on_credit=True)
    )
    assert made.payments == (
        FiscalPayment(PaymentSign.PREPAID, Money(100000)),
        FiscalPayment(PaymentSign.CREDIT, Money(349000)),
        FiscalPayment(PaymentSign.CASH, Money(50000)),
    )


def test_the_last_part_is_told_as_full_payment_and_no_more_than_the_rest_is_taken() -> None:
    order = replace(AT_HAND_OVER, visits=(visit(200000),))
    made = receipt_for(order, live_quote(order), cash(299000), sale_id=new_sale().id, cashier="И", promised=Points(225))
    assert made.notes == ("Будет начислено баллов: 225",)
    with pytest.raises(ValueError, match="more than is due"):
        receipt(order, live_quote(order), cash(299001))


def test_a_document_is_taken_for_printed_unless_the_register_says_otherwise() -> None:
    assert document().printed


def test_a_second_weighing_after_a_full_settlement_is_settled_beside_it_and_offsets_nothing() -> None:
    heavier = replace(AT_HAND_OVER, lines=(*ORDER.lines, OrderLine("4", "Перевес", LineKind.SERVICE, Money(80000))))
    settled = receipt(AT_HAND_OVER, live_quote(ORDER), cash(499000)).settlement is Settlement.FULL
    order = replace(heavier, visits=(replace(visit(499000), settled=settled),))
    made = receipt(order, live_quote(order), cash(80000))
    assert made.total == Money(80000)
    assert {line.settlement for line in made.lines} == {Settlement.FULL}
    assert made.payments == (FiscalPayment(PaymentSign.CASH, Money(80000)),)


def test_a_settlement_after_a_settlement_offsets_the_prepayments_since() -> None:
    heavier = replace(AT_HAND_OVER, lines=(*ORDER.lines, OrderLine("4", "Перевес", LineKind.SERVICE, Money(80000))))
    order = replace(heavier, visits=(replace(visit(499000), settled=True), visit(30000)))
    made = receipt(order, live_quote(order), cash(50000))
    assert made.payments == (
        FiscalPayment(PaymentSign.PREPAID, Money(30000)),
        FiscalPayment(PaymentSign.CASH, Money(50000)),
    )
    assert made.total == Money(80000)


def test_what_a_second_weighing_adds_is_no_price_of_the_goods_of_a_shop() -> None:
    seller = Seller("ООО Ромашка", "7707083893", "+74950000000")
    goods = OrderLine("g", "Кружка", LineKind.GOODS, Money(149900), vat=Vat.NONE, seller=seller)
    order = replace(AT_HAND_OVER, lines=(goods, ORDER.lines[0]), visits=(replace(visit(500000), settled=True),))
    made = receipt(order, base_quote(order, Earning.NO_CUSTOMER), cash(99900))
    assert [(line.amount, line.seller) for line in made.lines] == [(Money(99900), None)]


def test_a_part_of_an_order_that_nothing_has_settled_is_a_part_of_its_goods_too() -> None:
    goods = OrderLine("g", "Кружка", LineKind.GOODS, Money(300000), seller=Seller("ООО Ромашка", "7707083893"))
    order = replace(AT_HAND_OVER, lines=(goods, replace(ORDER.lines[1], price=Money(100000))))
    made = receipt(order, base_quote(order, Earning.NO_CUSTOMER), cash(40000))
    assert [line.amount for line in made.lines] == [Money(30000), Money(10000)]


@pytest.mark.parametrize(("ours", "lines"), [(99900, 1), (99899, 2)])
def test_goods_are_charged_beside_a_settlement_only_for_what_services_do_not_cost(ours: int, lines: int) -> None:
    goods = OrderLine("g", "Кружка", LineKind.GOODS, Money(149900), seller=Seller("ООО Ромашка", "7707083893"))
    order = replace(AT_HAND_OVER, lines=(goods, replace(ORDER.lines[1], price=Money(ours))))
    settled = replace(order, visits=(replace(visit(order.total.kopecks - 99900), settled=True),))
    made = receipt(settled, base_quote(settled, Earning.NO_CUSTOMER), cash(99900))
    assert (made.total, len(made.lines)) == (Money(99900), lines)
