"""Points owed: which sales leave a debt, and how it ends."""

from datetime import timedelta
from uuid import UUID

from pos_client.domain import choosing, creating
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.debts import Debt, DebtState, debt_of
from pos_client.domain.facts import SoldOffline, facts_of
from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.money import NO_POINTS, Points
from pos_client.domain.sale import Sale
from tests.samples import MEMBER, NOW, ORDER, cash, document, new_sale, priced_sale

LATER = NOW + timedelta(hours=3)
PHONE = Customer(CustomerKey(KeyKind.PHONE, "79165550067"), Standing.UNRESOLVED)


def sold_offline(customer: Customer = MEMBER) -> Sale:
    sale = choosing.order_taken(choosing.identified(new_sale(), customer), ORDER)
    sale = choosing.quoted(sale, base_quote(ORDER, Earning.LATER), order_id=ORDER.number)
    sale = sale.payment_asked(cash(499000), at=NOW).paid(UUID(int=7)).receipt_sent(after=1)
    return sale.receipted(document())


def owed() -> Debt:
    debt = debt_of(sold_offline())
    assert debt is not None
    return debt


def test_an_offline_sale_owes_what_its_own_message_carries() -> None:
    sale = sold_offline()
    debt = owed()
    [fact] = [fact for fact in facts_of(sale) if isinstance(fact, SoldOffline)]
    assert (debt.fact_key, debt.order_id) == (fact.key, fact.order_id)
    assert (debt.order_number, debt.key, debt.sold_at) == (ORDER.number, MEMBER.key, NOW)
    assert debt.is_open


def test_the_receipt_of_an_offline_sale_promises_points_later() -> None:
    sale = sold_offline()
    assert sale.fiscal is not None
    assert sale.fiscal.receipt.notes == ("Баллы за заказ начислятся позже: по правилам дня продажи",)


def test_a_live_sale_owes_nothing_and_its_receipt_names_the_points() -> None:
    live = creating.reserved(priced_sale().payment_asked(cash(499000), at=NOW), Points(225)).paid(UUID(int=7))
    assert live.fiscal is not None
    assert live.fiscal.receipt.notes == ("Будет начислено баллов: 225",)
    assert debt_of(live) is None


def test_an_offline_sale_whose_money_is_not_taken_owes_nothing() -> None:
    sale = choosing.order_taken(choosing.identified(new_sale(), MEMBER), ORDER)
    sale = choosing.quoted(sale, base_quote(ORDER, Earning.LATER), order_id=ORDER.number)
    assert debt_of(sale.payment_asked(cash(499000), at=NOW)) is None


def test_accrued_points_keep_the_time_of_their_first_sight() -> None:
    waiting = owed().paid(Points(31), at=LATER, waits_for_payment=True)
    free = waiting.paid(Points(31), at=LATER + timedelta(days=1), waits_for_payment=False)
    assert (free.state, free.accrued, free.waits_for_payment) == (DebtState.ACCRUED, Points(31), False)
    assert free.settled_at == LATER


def test_a_refused_debt_is_reopened_without_its_words() -> None:
    refused = owed().refused("Не найден", at=LATER)
    assert (refused.state, refused.words, refused.settled_at) == (DebtState.REFUSED, "Не найден", LATER)
    assert refused.reopened() == owed()


def test_a_refunded_debt_is_closed_whatever_it_was() -> None:
    accrued = owed().paid(Points(31), at=LATER, waits_for_payment=False)
    assert {debt.cancelled(at=LATER).state for debt in (owed(), accrued)} == {DebtState.CANCELLED}
    assert not owed().cancelled(at=LATER).is_open


def test_the_phone_of_a_resolved_debtor_is_kept_masked_only() -> None:
    debt = debt_of(sold_offline(PHONE))
    assert debt is not None
    assert (debt.key, debt.customer_id, debt.accrued) == (PHONE.key, "", NO_POINTS)
    masked = CustomerKey(KeyKind.PHONE, "+7 916 •••-••-67")
    resolved = debt.resolved(Customer(masked, Standing.MEMBER, processing_id="800136209"))
    assert (resolved.key, resolved.customer_id) == (masked, "800136209")
