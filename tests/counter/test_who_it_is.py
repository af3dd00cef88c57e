"""Who stands at the counter: a card, a code of two people, a block; and the account that is read behind the sale."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from pos_client.app import Till
from pos_client.counter.desk import Desk
from pos_client.counter.state import AccountReading, CounterState
from pos_client.domain import choosing
from pos_client.domain.account import Blocked, Movement, MovementKind
from pos_client.domain.customer import Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.loyalty import Earning
from pos_client.domain.money import Points
from pos_client.domain.sale import LoyaltyPath, Stage
from pos_client.ports import PosError
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.counter.people import REFUSAL, SILENCE, People, desk_with
from tests.samples import NOW
from tests.tills import ANNA, C2C, RICH, receipts, sold

ANNAS_CARD = "231534554262"
BLOCKED_CARD = "231534554270"
TWO_PEOPLE = "55500055"
FAMILY_PHONE = "+7 905 555-11-44"
FIND = "Offline.FindCustomers"
LOOK_UP = "Offline.GetCustomerInfo"


def customer(desk: Desk) -> Customer:
    sale = desk.state.sale
    assert sale is not None
    assert sale.customer is not None
    return sale.customer


def notice(desk: Desk) -> str:
    said = desk.state.notice
    return "" if said is None else said.what


async def test_a_scanned_card_names_its_member(till: Till) -> None:
    await till.desk.scanned(ANNAS_CARD)
    who = customer(till.desk)
    assert (who.key, who.standing) == (CustomerKey(KeyKind.CARD, ANNAS_CARD), Standing.MEMBER)


@pytest.mark.parametrize("found", [False, True])
async def test_a_blocked_card_neither_earns_nor_spends_and_says_so(till: Till, shop: Shop, found: bool) -> None:  # noqa: FBT001 - both answers of the wire
    shop.processing.switches.blocked_card_is_found = found
    await till.desk.scanned(BLOCKED_CARD)
    assert "Карта заблокирована" in notice(till.desk)
    await till.desk.scanned(C2C)
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.quote is not None
    assert (sale.quote.earning, choosing.may_redeem(sale), sale.loyalty.path) == (
        Earning.BLOCKED,
        False,
        LoyaltyPath.NONE,
    )
    done = await sold(till)
    assert (done.stage, receipts(shop)) == (Stage.DONE, [499000])


async def test_a_bar_code_that_is_nobodys_card_leaves_the_found_member_on_the_counter(till: Till) -> None:
    await till.desk.scanned(ANNA)
    await till.desk.scanned("4601234567893")
    assert customer(till.desk).key == CustomerKey(KeyKind.CDEK_ID, ANNA)
    assert "Такой карты" in notice(till.desk)


async def test_a_scan_that_replaces_the_customer_says_so_and_the_same_one_again_says_nothing(till: Till) -> None:
    desk = till.desk
    await desk.scanned(ANNA)
    await desk.scanned(ANNA)
    await desk.scanned(ANNAS_CARD)
    assert desk.state.notice is None
    await desk.scanned(RICH)
    assert notice(desk).startswith(f"Клиент заменён: {customer(desk).name}")


@pytest.mark.parametrize("text", [TWO_PEOPLE, FAMILY_PHONE])
async def test_of_several_people_the_cashier_chooses_by_masked_data(till: Till, text: str) -> None:
    desk = till.desk
    await desk.typed(text)
    await desk.scanned(C2C)
    who = customer(desk)
    assert (who.standing, len(who.candidates)) == (Standing.AMBIGUOUS, 2)
    assert all("•" in one.phone for one in who.candidates)
    chosen = who.candidates[1]
    await desk.loyalty.choose(chosen.processing_id)
    now = customer(desk)
    assert (now.standing, now.processing_id, now.key) == (Standing.MEMBER, chosen.processing_id, who.key)
    sale = desk.state.sale
    assert sale is not None
    assert choosing.may_redeem(sale)


async def test_nobody_outside_the_list_can_be_chosen(till: Till, shop: Shop) -> None:
    await till.desk.scanned(TWO_PEOPLE)
    before = customer(till.desk)
    calls = len(shop.calls("processing"))
    await till.desk.loyalty.choose("800136209")
    assert (customer(till.desk), len(shop.calls("processing"))) == (before, calls)


@pytest.mark.parametrize("kind", ["refuse", "hang", "http-503", "protocol-400"])
async def test_without_candidates_a_double_code_touches_nobody_and_is_sold_without_points(
    till: Till, shop: Shop, kind: str
) -> None:
    shop.faults.set(Fault("processing", kind, FIND, times=None))
    await till.desk.scanned(TWO_PEOPLE)
    assert (customer(till.desk).standing, customer(till.desk).candidates) == (Standing.AMBIGUOUS, ())
    sale = await sold(till, C2C)
    assert (sale.stage, sale.loyalty.path) == (Stage.DONE, LoyaltyPath.NONE)


@pytest.mark.parametrize("kind", ["refuse", "hang", "protocol-400"])
async def test_a_choice_that_nobody_answers_says_so_and_leaves_the_candidates(
    till: Till, shop: Shop, kind: str
) -> None:
    await till.desk.scanned(TWO_PEOPLE)
    before = customer(till.desk)
    shop.faults.set(Fault("processing", kind, LOOK_UP, times=None))
    await till.desk.loyalty.choose(before.candidates[0].processing_id)
    assert (customer(till.desk), notice(till.desk) != "") == (before, True)


# ------------------------------------------------------------------------------------------------------- account


@asynccontextmanager
async def watched(desk: Desk) -> AsyncIterator[None]:
    """The desk watches, as it does while a till runs."""
    watch = asyncio.create_task(desk.watch(register_every=60, probe_every=60, probe_within=1))
    try:
        yield
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def account(desk: Desk) -> AccountReading:
    """The account, as soon as the screen shows it."""
    read = asyncio.Event()

    def look(state: CounterState) -> None:
        if state.account is not None:
            read.set()

    desk.listen(look)
    look(desk.state)
    async with asyncio.timeout(5):
        await read.wait()
    found = desk.state.account
    assert found is not None
    return found


MOVES = (
    Movement(MovementKind.EARNED, 80, NOW - timedelta(days=2), order_id="1106150002", available=False),
    Movement(MovementKind.SPENT, -20, NOW - timedelta(days=1)),
)


async def test_the_account_says_what_blocked_points_wait_for(till: Till) -> None:
    desk = desk_with(till, People(history_is=MOVES))
    async with watched(desk):
        await desk.scanned(ANNA)
        read = await account(desk)
    assert read.blocked == (Blocked(Points(80), "1106150002"),)
    assert read.movements == MOVES[::-1]


async def test_the_shop_s_own_history_is_read(till: Till) -> None:
    async with watched(till.desk):
        await till.desk.scanned(ANNA)
        read = await account(till.desk)
    balance = customer(till.desk).balance
    assert balance is not None
    assert sum(one.points.count for one in read.blocked) == balance.blocked.count > 0


async def test_a_history_that_hangs_holds_nothing_up_and_leaves_with_the_customer(till: Till, shop: Shop) -> None:
    people = People(history_is=MOVES)
    people.gate.clear()
    desk = desk_with(till, people)
    async with watched(desk):
        await desk.scanned(ANNA)
        await people.held.wait()
        await desk.scanned(C2C)
        sale = desk.state.sale
        assert sale is not None
        await desk.pay(sale.due, sale.due)
        assert (receipts(shop), desk.state.account) == ([499000], None)
        people.gate.set()
        await desk.register.look()
        assert desk.state.account is None


@pytest.mark.parametrize("fails", [SILENCE, REFUSAL])
async def test_a_history_that_fails_is_silent_and_the_next_customer_s_is_read(till: Till, fails: PosError) -> None:
    people = People(fails=fails, history_is=MOVES)
    desk = desk_with(till, people)
    async with watched(desk):
        await desk.scanned(ANNA)
        while not people.calls:  # noqa: ASYNC110 - the loop's next turn is what is waited for
            await asyncio.sleep(0)
        assert (desk.state.account, desk.state.notice) == (None, None)
        people.fails = None
        await desk.scanned(RICH)
        read = await account(desk)
    assert read.movements == MOVES[::-1]


async def test_one_customer_s_account_is_read_once_in_a_visit_and_never_shown_to_another(till: Till) -> None:
    people = People(history_is=MOVES)
    desk = desk_with(till, people)
    async with watched(desk):
        await desk.scanned(ANNA)
        await account(desk)
        await desk.scanned(C2C)
        await desk.redeem(Points(10))
        assert people.calls == ["history"]
        people.gate.clear()
        await desk.scanned(RICH)
        assert desk.state.account is None
