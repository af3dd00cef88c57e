"""Points spent only after a code: sent once, counted when wrong, and never in the way of a sale without points."""

import asyncio

import pytest

from pos_client.app import Till
from pos_client.counter.desk import Desk
from pos_client.counter.state import CodeAsked
from pos_client.domain.money import NO_POINTS, Money, Points
from pos_client.domain.sale import Stage
from pos_client.ports import PosError, Service
from pos_client.training.shop import Shop
from tests.counter.people import CODE, REFUSAL, SILENCE, People, desk_with
from tests.tills import ANNA, C2C, COINS, RICH, receipts


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
async def desk(till: Till, people: People) -> Desk:
    """A desk by the shop's rule that points need a code, with Anna and her order on it."""
    desk = desk_with(till, people, confirm=True)
    await desk.scanned(ANNA)
    await desk.scanned(C2C)
    return desk


def asked(desk: Desk) -> CodeAsked:
    code = desk.state.code
    assert code is not None
    return code


def spent(desk: Desk) -> int:
    sale = desk.state.sale
    assert sale is not None
    return sale.points_asked.count


async def pay(desk: Desk) -> None:
    sale = desk.state.sale
    assert sale is not None
    await desk.pay(sale.due, sale.due)


async def test_without_the_rule_nobody_is_asked_for_a_code(till: Till, people: People) -> None:
    desk = desk_with(till, people)
    await desk.scanned(ANNA)
    await desk.scanned(C2C)
    await desk.redeem(None)
    assert (desk.state.code, spent(desk), people.calls.count("send_code")) == (None, 620, 0)


async def test_points_are_spent_after_the_right_code_and_not_before(desk: Desk, shop: Shop) -> None:
    await desk.redeem(Points(100))
    assert (asked(desk).busy, asked(desk).trouble, spent(desk)) == (False, None, 0)
    await desk.loyalty.code(f" {CODE[:2]} {CODE[2:]} ")
    assert (desk.state.code, spent(desk)) == (None, 100)
    await pay(desk)
    assert receipts(shop) == [499000 - 10000]


async def test_a_customer_who_has_named_the_code_is_not_asked_again_in_this_sale(desk: Desk, people: People) -> None:
    await desk.redeem(Points(100))
    await desk.loyalty.code(CODE)
    await desk.redeem(NO_POINTS)
    await desk.redeem(Points(50))
    assert (people.calls.count("send_code"), spent(desk)) == (1, 50)


async def test_two_presses_send_one_code_and_the_last_wish_counts(desk: Desk, people: People) -> None:
    people.gate.clear()
    first = asyncio.create_task(desk.redeem(None))
    second = asyncio.create_task(desk.redeem(Points(30)))
    await people.held.wait()
    people.gate.set()
    await asyncio.gather(first, second)
    await desk.redeem(Points(40))
    assert people.calls == ["send_code"]
    await desk.loyalty.code(CODE)
    assert spent(desk) == 40


async def test_two_presses_of_the_code_check_it_once(desk: Desk, people: People) -> None:
    await desk.redeem(None)
    await asyncio.gather(desk.loyalty.code("0000"), desk.loyalty.code("0000"))
    assert (people.calls.count("check_code"), asked(desk).wrong) == (1, 1)


async def test_after_too_many_wrong_codes_even_the_right_one_needs_a_new_message(desk: Desk, people: People) -> None:
    await desk.redeem(None)
    left = []
    for _ in range(3):
        await desk.loyalty.code("0000")
        trouble = asked(desk).trouble
        assert trouble is not None
        left.append(trouble.what)
    assert ["2" in left[0], "1" in left[1], asked(desk).wrong] == [True, True, 3]
    await desk.loyalty.code(CODE)
    assert (people.calls.count("check_code"), spent(desk)) == (3, 0)
    await desk.loyalty.send_code_again()
    assert (asked(desk).wrong, asked(desk).trouble) == (0, None)
    await desk.loyalty.code(CODE)
    assert spent(desk) == 620


@pytest.mark.parametrize("fails", [SILENCE, REFUSAL])
async def test_a_code_that_cannot_be_sent_is_said_and_the_sale_goes_on_without_points(
    desk: Desk, people: People, shop: Shop, fails: PosError
) -> None:
    people.fails = fails
    await desk.redeem(None)
    trouble = asked(desk).trouble
    assert trouble is not None
    assert trouble.what.startswith("Код не отправлен")
    await pay(desk)
    assert (receipts(shop), desk.state.code) == ([499000], None)


@pytest.mark.parametrize("fails", [SILENCE, REFUSAL])
async def test_a_code_that_nobody_checks_does_not_count_as_wrong(desk: Desk, people: People, fails: PosError) -> None:
    await desk.redeem(None)
    people.fails = fails
    await desk.loyalty.code(CODE)
    assert (asked(desk).wrong, spent(desk)) == (0, 0)
    people.fails = None
    await desk.loyalty.code(CODE)
    assert spent(desk) == 620


async def test_a_sale_is_paid_while_the_code_is_being_checked_and_a_late_yes_spends_nothing(
    desk: Desk, people: People, shop: Shop
) -> None:
    before = shop.balance(ANNA).available
    await desk.redeem(None)
    people.gate.clear()
    check = asyncio.create_task(desk.loyalty.code(CODE))
    await people.held.wait()
    assert asked(desk).busy
    await pay(desk)
    assert receipts(shop) == [499000]
    await desk.scanned(ANNA)
    await desk.scanned(COINS)
    people.gate.set()
    await check
    assert (spent(desk), desk.state.code, shop.balance(ANNA).available) == (0, None, before)


async def test_a_code_asked_of_one_customer_is_not_shown_to_the_next(desk: Desk, people: People) -> None:
    await desk.redeem(None)
    await desk.scanned(RICH)
    assert desk.state.code is None
    await desk.loyalty.code(CODE)
    assert (people.calls.count("check_code"), spent(desk)) == (0, 0)
    await desk.redeem(Points(10))
    assert (people.calls.count("send_code"), asked(desk).wrong) == (2, 0)


@pytest.mark.parametrize("leave", ["without_points", "none"])
async def test_the_code_can_be_left_at_any_time(desk: Desk, leave: str) -> None:
    await desk.redeem(None)
    if leave == "none":
        await desk.redeem(NO_POINTS)
    else:
        desk.loyalty.without_points()
    sale = desk.state.sale
    assert sale is not None
    assert (desk.state.code, sale.stage, sale.due) == (None, Stage.OPEN, Money(499000))


async def test_nothing_is_sent_while_processing_is_left_alone(desk: Desk, people: People, till: Till) -> None:
    await desk.redeem(None)
    for _ in range(2):
        till.health.called(Service.PROCESSING, works=False, error=SILENCE)
    await desk.loyalty.send_code_again()
    assert (people.calls, asked(desk).trouble is not None) == (["send_code"], True)
