"""Coupons at the counter: every state in words, only what applies goes into the order, none is used offline."""

import asyncio

import pytest

from pos_client.app import Till
from pos_client.counter import loyalty_words
from pos_client.domain import creating
from pos_client.domain.loyalty import Coupon, CouponState, QuoteSource
from pos_client.domain.money import NO_POINTS, Money, Points
from pos_client.domain.sale import Sale, Stage
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import ANNA, C2C, COINS, Time, deliver, receipts, sold

CREATE = "Offline.CreateAuthorizedOrder"
PREORDER = "Offline.AuthorizedPreorder"
STRANGER = "40400404"
TENTH_OFF = 499000 - 45000  # of the delivery alone


def sale_of(till: Till) -> Sale:
    sale = till.desk.state.sale
    assert sale is not None
    return sale


def states(till: Till) -> dict[str, CouponState]:
    quote = sale_of(till).quote
    assert quote is not None
    return {one.code: one.state for one in quote.coupons}


def notice(till: Till) -> str:
    said = till.desk.state.notice
    return "" if said is None else said.what


@pytest.fixture
async def ready(till: Till) -> Till:
    await till.desk.scanned(ANNA)
    await till.desk.scanned(C2C)
    return till


@pytest.mark.parametrize("state", list(CouponState))
def test_every_state_has_words_of_its_own(state: CouponState) -> None:
    words = [loyalty_words.coupon_words(Coupon("X1", one)) for one in CouponState]
    assert words.count(loyalty_words.coupon_words(Coupon("X1", state))) == 1


async def test_a_coupon_lowers_the_price_and_goes_into_the_order(ready: Till, shop: Shop, clock: Time) -> None:
    await ready.desk.loyalty.coupon(" SPRING10 ")
    assert (states(ready), notice(ready)) == ({"SPRING10": CouponState.APPLIED}, "")
    assert sale_of(ready).due == Money(TENTH_OFF)
    await sold(ready)
    await deliver(ready, clock)
    assert receipts(shop) == [TENTH_OFF]
    await ready.desk.scanned(ANNA)
    await ready.desk.scanned(COINS)
    await ready.desk.loyalty.coupon("SPRING10")
    assert (states(ready), "уже использован" in notice(ready)) == ({"SPRING10": CouponState.USED}, True)


async def test_points_that_were_asked_for_stay_when_a_coupon_is_named(ready: Till) -> None:
    await ready.desk.redeem(Points(100))
    await ready.desk.loyalty.coupon("SPRING10")
    assert (sale_of(ready).points_asked, sale_of(ready).due) == (Points(100), Money(TENTH_OFF - 10000))


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("NOSUCH77", CouponState.NOT_FOUND),
        ("DRAFT10", CouponState.NOT_ISSUED),
        ("GONE10", CouponState.USED),
        ("SOON10", CouponState.NOT_YET),
        ("PAST10", CouponState.EXPIRED),
        ("STOP10", CouponState.BLOCKED),
    ],
)
async def test_a_coupon_that_does_nothing_says_why_and_stays_out_of_the_order(
    ready: Till, shop: Shop, code: str, state: CouponState
) -> None:
    await ready.desk.loyalty.coupon(code)
    assert states(ready) == {code: state}
    assert loyalty_words.coupon_words(Coupon(code, state)) in notice(ready)
    sale = await sold(ready)
    assert (sale.stage, receipts(shop)) == (Stage.DONE, [499000])


async def test_a_coupon_is_taken_off_again(ready: Till) -> None:
    await ready.desk.loyalty.coupon("SPRING10")
    await ready.desk.loyalty.drop_coupon("SPRING10")
    assert (sale_of(ready).coupons, sale_of(ready).due) == ((), Money(499000))


async def test_a_coupon_named_twice_in_any_case_counts_once(ready: Till) -> None:
    await asyncio.gather(ready.desk.loyalty.coupon("SPRING10"), ready.desk.loyalty.coupon("spring10"))
    assert len(sale_of(ready).coupons) == 1
    assert sale_of(ready).due == Money(TENTH_OFF)


async def test_a_scanned_coupon_needs_no_field(ready: Till) -> None:
    await ready.desk.scanned("SPRING10")
    assert states(ready) == {"SPRING10": CouponState.APPLIED}


async def test_a_coupon_that_comes_first_waits_for_the_customer_and_the_order(till: Till) -> None:
    await till.desk.scanned("SPRING10")
    assert notice(till) == loyalty_words.COUPON_WAITS.what
    await till.desk.scanned(C2C)
    await till.desk.scanned(ANNA)
    assert states(till) == {"SPRING10": CouponState.APPLIED}


@pytest.mark.parametrize("code", ["", "  ", "A 1", "x" * 65, "a\x071"])
async def test_what_cannot_be_a_coupon_is_not_kept(ready: Till, code: str) -> None:
    await ready.desk.loyalty.coupon(code)
    assert (sale_of(ready).coupons, notice(ready)) == ((), loyalty_words.COUPON_IS_STRANGE.what)


async def test_a_coupon_named_while_money_is_taken_is_not_the_next_customer_s(ready: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "slow", "sell", seconds=0.05))
    due = sale_of(ready).due
    pay = asyncio.create_task(ready.desk.pay(due, due))
    await asyncio.sleep(0)
    assert sale_of(ready).stage is not Stage.OPEN
    await ready.desk.loyalty.coupon("SPRING10")
    await pay
    assert (ready.desk.state.sale, receipts(shop)) == (None, [499000])


async def test_a_stranger_s_coupon_says_that_it_is_for_members(till: Till) -> None:
    await till.desk.scanned(STRANGER)
    await till.desk.scanned(C2C)
    await till.desk.loyalty.coupon("SPRING10")
    assert notice(till) == loyalty_words.COUPON_FOR_MEMBERS.what


@pytest.mark.parametrize("kind", ["refuse", "hang", "http-503"])
async def test_without_processing_a_coupon_is_not_used_and_does_not_burn(
    ready: Till, shop: Shop, clock: Time, kind: str
) -> None:
    shop.faults.set(Fault("processing", kind, times=None))
    await ready.desk.loyalty.coupon("SPRING10")
    assert notice(ready) == "Купон сейчас не применить: процессинг недоступен. Он не сгорит."
    assert (states(ready), sale_of(ready).due) == ({"SPRING10": CouponState.UNAVAILABLE}, Money(499000))
    await sold(ready)
    shop.faults.lift()
    await deliver(ready, clock)
    await ready.desk.scanned(ANNA)
    await ready.desk.scanned(COINS)
    await ready.desk.loyalty.coupon("SPRING10")
    assert states(ready) == {"SPRING10": CouponState.APPLIED}


async def test_a_coupon_of_a_create_that_nobody_answered_asks_for_the_full_price_and_comes_back(
    ready: Till, shop: Shop, clock: Time
) -> None:
    await ready.desk.loyalty.coupon("SPRING10")
    shop.faults.set(Fault("processing", "lose-answer", CREATE, times=2))
    await sold(ready)
    sale = sale_of(ready)
    assert sale.trouble is not None
    assert sale.quote is not None
    assert (sale.stage, sale.due, sale.quote.source) == (Stage.OPEN, Money(499000), QuoteSource.BASE)
    assert sale.trouble.what.startswith("Скидка не применена")
    assert (states(ready), sale.points_asked) == ({"SPRING10": CouponState.UNAVAILABLE}, NO_POINTS)
    await sold(ready)
    await deliver(ready, clock)
    assert receipts(shop) == [499000]
    await ready.desk.scanned(ANNA)
    await ready.desk.scanned(COINS)
    await ready.desk.loyalty.coupon("SPRING10")
    assert states(ready) == {"SPRING10": CouponState.APPLIED}


async def test_a_changed_price_is_shown_old_and_new_and_paid_after_a_second_yes(ready: Till, shop: Shop) -> None:
    await ready.desk.loyalty.coupon("SPRING10")
    shop.faults.set(Fault("processing", "price-changed", CREATE))
    shop.faults.set(Fault("processing", "coupons-unavailable", PREORDER))
    first = await sold(ready)
    assert first.stage is Stage.OPEN
    assert first.trouble is not None
    assert str(Money(TENTH_OFF)) in first.trouble.what
    assert str(Money(499000)) in first.trouble.what
    assert receipts(shop) == []
    second = await sold(ready)
    assert (second.stage, receipts(shop)) == (Stage.DONE, [499000])
    assert creating.transaction(second) != creating.transaction(first)


async def test_a_price_that_came_back_the_same_is_called_so(ready: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "price-changed", CREATE))
    sale = await sold(ready)
    assert sale.trouble is not None
    assert "Сумма прежняя" in sale.trouble.what


async def test_once_money_is_taken_no_price_is_asked_or_changed_any_more(ready: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "paper-out"))
    await sold(ready)
    assert sale_of(ready).stage.has_money
    shop.faults.set(Fault("processing", "price-changed", CREATE))
    calls = len(shop.calls("processing"))
    await ready.desk.recheck()
    assert (ready.desk.state.sale, receipts(shop), len(shop.calls("processing"))) == (None, [499000], calls)
