"""Look-up and preorder: what each outcome of processing means while the customer stands there."""

import pytest

from pos_client.app import Till
from pos_client.counter.state import LightState
from pos_client.domain.customer import Standing
from pos_client.domain.loyalty import Earning, QuoteSource
from pos_client.domain.money import NO_POINTS, Money, Points
from pos_client.domain.sale import LoyaltyPath, Sale, Stage
from pos_client.ports import RefusedError, Service
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.samples import MEMBER, ORDER
from tests.tills import ANNA, C2C, receipts, sold

LOOK_UP, PREORDER = "Offline.GetCustomerInfo", "Offline.AuthorizedPreorder"


async def priced(till: Till) -> Sale:
    """Anna and her order on the counter."""
    for scan in (ANNA, C2C):
        await till.desk.scanned(scan)
    sale = till.desk.state.sale
    assert sale is not None
    return sale


def price_of(sale: Sale) -> tuple[QuoteSource, Money] | None:
    return None if sale.quote is None else (sale.quote.source, sale.quote.payable)


BASE = (QuoteSource.BASE, Money(499000))
LIVE = (QuoteSource.LIVE, Money(499000))


async def test_an_answer_is_used(till: Till) -> None:
    sale = await priced(till)
    assert sale.customer is not None
    assert (sale.customer.standing, price_of(sale)) == (Standing.MEMBER, LIVE)
    assert sale.quote is not None
    assert sale.quote.redeemable == Points(620)


async def test_a_rejected_question_shows_the_words_of_processing_and_the_full_price(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "refused", PREORDER))
    sale = await priced(till)
    assert price_of(sale) == BASE
    assert sale.trouble is not None
    shop.faults.set(Fault("processing", "refused", PREORDER))
    with pytest.raises(RefusedError) as said:
        await till.outside.processing.quote(ORDER, MEMBER, NO_POINTS, order_id=C2C)
    assert sale.trouble.what == said.value.trouble.what


@pytest.mark.parametrize("kind", ["personal-unavailable", "discounts-unavailable"])
async def test_a_calculation_that_was_not_done_sells_and_hides_points(till: Till, shop: Shop, kind: str) -> None:
    shop.faults.set(Fault("processing", kind, PREORDER, times=None))
    sale = await priced(till)
    assert price_of(sale) == BASE
    assert sale.quote is not None
    assert (sale.quote.redeemable, sale.quote.earning) == (NO_POINTS, Earning.LATER)
    await till.desk.pay(sale.due, sale.due)
    assert receipts(shop) == [499000]


async def test_a_protocol_error_turns_loyalty_off_for_this_sale(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "protocol-400", PREORDER))
    sale = await priced(till)
    assert price_of(sale) == BASE
    await till.desk.pay(sale.due, sale.due)
    assert (till.desk.state.last is not None, receipts(shop)) == (True, [499000])


async def test_a_throttled_question_is_asked_once_more_after_its_pause(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-429", PREORDER, seconds=1))
    assert price_of(await priced(till)) == LIVE
    assert [call.status for call in shop.calls("processing", PREORDER)] == [429, 200]


async def test_a_question_throttled_twice_turns_loyalty_off(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-429", PREORDER, times=None, seconds=0))
    assert price_of(await priced(till)) == BASE
    assert [call.status for call in shop.calls("processing", PREORDER)] == [429, 429]


async def test_an_unavailable_processing_is_asked_once_more(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-503", LOOK_UP))
    sale = await priced(till)
    assert sale.customer is not None
    assert sale.customer.standing is Standing.MEMBER


async def test_a_processing_that_stays_unavailable_is_left_alone_and_the_sale_goes_on(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-503", times=None))
    sale = await sold(till, ANNA, C2C)
    assert (sale.stage, sale.loyalty.path, receipts(shop)) == (Stage.DONE, LoyaltyPath.OFFLINE, [499000])
    asked = len(shop.calls("processing"))
    assert asked == 2
    await till.desk.scanned(ANNA)
    assert len(shop.calls("processing")) == asked
    lights = {light.service: light.state for light in till.desk.state.lights}
    assert lights[Service.PROCESSING] is LightState.DOWN


@pytest.mark.parametrize("kind", ["hang", "lose-answer", "drop"])
async def test_a_lost_answer_to_a_question_is_as_good_as_none(till: Till, shop: Shop, kind: str) -> None:
    shop.faults.set(Fault("processing", kind, LOOK_UP))
    sale = await priced(till)
    assert sale.customer is not None
    assert sale.customer.standing is Standing.MEMBER
    assert len(shop.calls("processing", LOOK_UP)) == 2
