"""VAT by the day of settlement, and the sign of settlement by who pays when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import OrderState, TenderKind, Vat, Visit, VisitTender
from pos_client.domain.settling import FiscalRules, settlement_of
from pos_client.domain.terms import Settlement
from pos_client.domain.vat import in_force, standard_rate
from tests.domain.taxes import tax_of
from tests.samples import NOW, ORDER

RULES, POLICY, ON_CREDIT = FiscalRules(), FiscalRules(acceptance_settles=True), FiscalRules(on_credit=True)
WHOLE, PART = ORDER.total, Money(100000)


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2019, 1, 1), Vat.VAT20),
        (date(2025, 12, 31), Vat.VAT20),
        (date(2026, 1, 1), Vat.VAT22),
        (date(2031, 1, 1), Vat.VAT22),
    ],
)
def test_the_standard_rate_is_that_of_the_day(day: date, rate: Vat) -> None:
    assert standard_rate(day) is rate
    assert (in_force(Vat.VAT20, day), in_force(Vat.VAT22, day)) == (rate, rate)


def test_no_rate_is_invented_for_a_day_before_the_oldest_known() -> None:
    with pytest.raises(ValueError, match="2018-12-31"):
        standard_rate(date(2018, 12, 31))


@pytest.mark.parametrize("special", [Vat.NONE, Vat.VAT0, Vat.VAT5, Vat.VAT7, Vat.VAT10])
def test_special_rates_do_not_depend_on_the_day(special: Vat) -> None:
    assert in_force(special, date(2026, 1, 1)) is special


def test_a_day_that_nobody_knows_changes_no_rate() -> None:
    assert (in_force(Vat.VAT20, None), in_force(Vat.VAT22, None)) == (Vat.VAT20, Vat.VAT22)


@pytest.mark.parametrize(
    ("kopecks", "rate", "tax"),
    [
        (122000, Vat.VAT22, 22000),
        (12000, Vat.VAT20, 2000),
        (11000, Vat.VAT10, 1000),
        (10700, Vat.VAT7, 700),
        (10500, Vat.VAT5, 500),
        (10000, Vat.NONE, 0),
        (10000, Vat.VAT0, 0),
        (3, Vat.VAT20, 1),  # half a kopeck goes up
        (2, Vat.VAT20, 0),
        (2, Vat.VAT22, 0),
        (3, Vat.VAT22, 1),
    ],
)
def test_the_register_rounds_the_tax_inside_a_price_half_up(kopecks: int, rate: Vat, tax: int) -> None:
    assert tax_of(Money(kopecks), rate) == Money(tax)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2025, 12, 31, 20, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 21, 0, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 3, 0, tzinfo=timezone(timedelta(hours=7))), date(2025, 12, 31)),
    ],
)
def test_the_year_ends_by_the_registers_clock(moment: datetime, day: date) -> None:
    assert RULES.day_of(moment) == day
    assert FiscalRules(utc_offset_hours=12).day_of(datetime(2025, 12, 31, 12, tzinfo=UTC)) == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("state", "paid", "office", "taken", "rules", "sign"),
    [
        (OrderState.ACCEPTED, ZERO, "", WHOLE, RULES, Settlement.FULL_PREPAYMENT),
        (OrderState.ACCEPTED, ZERO, "", PART, RULES, Settlement.PREPAYMENT),
        (OrderState.ACCEPTED, PART, "MSK548", WHOLE - PART, RULES, Settlement.PREPAYMENT),
        (OrderState.ON_THE_WAY, ZERO, "", WHOLE, RULES, Settlement.FULL_PREPAYMENT),
        (OrderState.ACCEPTED, ZERO, "", WHOLE, POLICY, Settlement.FULL),
        (OrderState.ACCEPTED, ZERO, "", PART, POLICY, Settlement.PREPAYMENT),
        (OrderState.ACCEPTED, PART, "MSK548", WHOLE - PART, POLICY, Settlement.FULL),
        (OrderState.ACCEPTED, ZERO, "", WHOLE, ON_CREDIT, Settlement.FULL_PREPAYMENT),
        (OrderState.WAITING, ZERO, "", WHOLE, RULES, Settlement.FULL),
        (OrderState.WAITING, ZERO, "", PART, RULES, Settlement.PREPAYMENT),
        (OrderState.WAITING, PART, "MSK548", WHOLE - PART, RULES, Settlement.FULL),
        (OrderState.WAITING, WHOLE, "MSK548", ZERO, RULES, Settlement.FULL),
        (OrderState.WAITING, ZERO, "", WHOLE, ON_CREDIT, Settlement.FULL),
        (OrderState.WAITING, ZERO, "", PART, ON_CREDIT, Settlement.PARTIAL_CREDIT),
        (OrderState.WAITING, PART, "MSK548", PART, ON_CREDIT, Settlement.PARTIAL_CREDIT),
        (OrderState.WAITING, PART, "NSK1", PART, ON_CREDIT, Settlement.CREDIT_PAYMENT),
        (OrderState.WAITING, PART, "NSK1", WHOLE - PART, ON_CREDIT, Settlement.CREDIT_PAYMENT),
    ],
)
def test_the_sign_of_settlement_says_who_pays_when(  # noqa: PLR0917 - a row of the table
    state: OrderState, paid: Money, office: str, taken: Money, rules: FiscalRules, sign: Settlement
) -> None:
    visits = (Visit("v1", NOW, office, (VisitTender(TenderKind.CARD, paid),)),) if paid else ()
    order = replace(ORDER, state=state, visits=visits)
    assert settlement_of(order, WHOLE, taken, rules) is sign


@pytest.mark.parametrize(
    ("earlier", "taken", "sign"),
    [
        (Settlement.PREPAYMENT, WHOLE - PART, Settlement.FULL),
        (Settlement.PREPAYMENT, PART, Settlement.PARTIAL_CREDIT),
        (Settlement.PARTIAL_CREDIT, WHOLE - PART, Settlement.CREDIT_PAYMENT),
        (Settlement.CREDIT, PART, Settlement.CREDIT_PAYMENT),
        (None, WHOLE - PART, Settlement.CREDIT_PAYMENT),
    ],
)
def test_a_parcel_was_handed_over_on_credit_if_a_receipt_says_so_wherever_it_was_made(
    earlier: Settlement | None, taken: Money, sign: Settlement
) -> None:
    there = ORDER.destination_office
    known = Visit("v1", NOW, there, (VisitTender(TenderKind.CARD, PART),), settlement=earlier)
    order = replace(ORDER, state=OrderState.WAITING, visits=(known,))
    assert settlement_of(order, WHOLE, taken, ON_CREDIT) is sign
    elsewhere = replace(order, visits=(replace(known, office="SPB21"),))
    assert settlement_of(elsewhere, WHOLE, taken, ON_CREDIT) is (sign if earlier else Settlement.FULL)


def test_a_receipt_of_nothing_prepays_nothing() -> None:
    assert settlement_of(ORDER, ZERO, ZERO, RULES) is Settlement.FULL
