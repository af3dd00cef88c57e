"""Joining at the counter: nothing ticked, consents on the disk first, and never in the way of the sale."""

import asyncio

import pytest

from pos_client.app import Till
from pos_client.counter.desk import Desk
from pos_client.counter.state import CodeAsked, Joining, JoinStep
from pos_client.domain.customer import Standing
from pos_client.domain.joining import NEEDED, Method, Purpose
from pos_client.domain.money import Points
from pos_client.domain.sale import Trouble
from pos_client.ports import PosError, Service
from pos_client.training.shop import Shop
from tests.counter.people import CODE, LOST, REFUSAL, SILENCE, TEXTS, People, Shelf, desk_with
from tests.tills import ANNA, C2C, COINS, receipts

PHONE = "+7 (916) 111-22-33"
ALL = frozenset(Purpose)


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def desk(till: Till, people: People, shelf: Shelf) -> Desk:
    """An order on the counter, and a customer who joins."""
    desk = desk_with(till, people, shelf)
    await desk.scanned(C2C)
    desk.joining.begin()
    return desk


def joining(desk: Desk) -> Joining:
    now = desk.state.joining
    assert now is not None
    return now


def asked(desk: Desk) -> CodeAsked:
    code = joining(desk).code
    assert code is not None
    return code


def trouble(desk: Desk) -> Trouble:
    said = joining(desk).trouble
    assert said is not None
    return said


def on_counter(desk: Desk) -> Standing | None:
    sale = desk.state.sale
    return sale.customer.standing if sale is not None and sale.customer is not None else None


async def pay(desk: Desk) -> None:
    sale = desk.state.sale
    assert sale is not None
    await desk.pay(sale.due, sale.due)


async def test_nothing_is_ticked_before_the_customer_says_so(desk: Desk) -> None:
    form = joining(desk)
    assert (form.step, form.texts, form.purposes) == (JoinStep.FORM, TEXTS, frozenset())


async def test_a_customer_joins_is_put_on_the_counter_and_sees_the_welcome_points(desk: Desk, people: People) -> None:
    await desk.joining.apply(PHONE, " Ольга ", ALL)
    assert (joining(desk).step, joining(desk).phone) == (JoinStep.CODE, "+7 916 •••-••-33")
    await desk.joining.code(CODE)
    done, sale = joining(desk), desk.state.sale
    assert done.customer is not None
    assert done.customer.balance is not None
    assert sale is not None
    assert (done.step, done.customer.name, done.customer.balance.available) == (JoinStep.DONE, "Ольга", Points(50))
    assert (sale.customer, sale.quote is not None) == (done.customer, True)
    assert people.kept_before_joining == [3]


async def test_consents_name_the_member_who_came_of_them_even_if_the_form_was_closed_meanwhile(
    desk: Desk, people: People, shelf: Shelf
) -> None:
    await desk.joining.apply(PHONE, "Ольга", NEEDED)
    people.gate.clear()
    people.held.clear()
    code = asyncio.create_task(desk.joining.code(CODE))
    await people.held.wait()
    people.held.clear()
    people.gate.set()
    await shelf.written.wait()
    desk.joining.close()
    await code
    assert desk.state.joining is None
    assert [one.processing_id for one in shelf.kept] == ["800199999"] * 2


async def test_consents_stay_and_the_member_too_when_the_disk_fills_up_in_between(
    desk: Desk, people: People, shelf: Shelf
) -> None:
    await desk.joining.apply(PHONE, "Ольга", NEEDED)
    code = asyncio.create_task(desk.joining.code(CODE))
    await shelf.written.wait()
    shelf.full = True
    await code
    assert joining(desk).step is JoinStep.DONE
    assert [one.processing_id for one in shelf.kept] == ["", ""]
    assert people.members


async def test_a_consent_keeps_text_version_hash_time_cashier_and_no_whole_phone(desk: Desk, shelf: Shelf) -> None:
    await desk.joining.apply(PHONE, "Ольга", NEEDED)
    await desk.joining.code(CODE)
    kept = {one.purpose: one for one in shelf.kept}
    assert kept.keys() == NEEDED
    text = next(text for text in TEXTS if text.purpose is Purpose.PROGRAMME)
    consent = kept[Purpose.PROGRAMME]
    assert (consent.text_id, consent.version, consent.sha256) == (text.id, text.version, text.sha256)
    assert (consent.method, consent.phone) == (Method.SMS_CODE, "+7 916 •••-••-33")
    assert consent.cashier == desk.state.cashier.name
    assert consent.given_at.tzinfo is not None


@pytest.mark.parametrize("missing", [Purpose.PROGRAMME, Purpose.PERSONAL_DATA])
async def test_without_a_needed_consent_no_code_is_sent(desk: Desk, people: People, missing: Purpose) -> None:
    await desk.joining.apply(PHONE, "Ольга", ALL - {missing})
    assert (joining(desk).step, people.calls) == (JoinStep.FORM, [])
    assert "согласия" in trouble(desk).what
    assert joining(desk).purposes == ALL - {missing}


@pytest.mark.parametrize("phone", ["", "12345", "+7 495 111-22-3", "восемь", "+1 916 111 22 33"])
async def test_what_is_no_phone_is_said_and_not_sent(desk: Desk, people: People, phone: str) -> None:
    await desk.joining.apply(phone, "Ольга", ALL)
    assert (joining(desk).step, people.calls) == (JoinStep.FORM, [])
    assert "телефон" in trouble(desk).what


async def test_two_presses_send_one_code_and_join_once(desk: Desk, people: People, shelf: Shelf) -> None:
    await asyncio.gather(desk.joining.apply(PHONE, "", NEEDED), desk.joining.apply(PHONE, "", NEEDED))
    await asyncio.gather(desk.joining.code(CODE), desk.joining.code(CODE))
    assert [people.calls.count(call) for call in ("send_code", "check_code", "join")] == [1, 1, 1]
    assert len(shelf.kept) == 2


async def test_a_wrong_code_keeps_no_consent_and_joins_nobody(desk: Desk, people: People, shelf: Shelf) -> None:
    await desk.joining.apply(PHONE, "", NEEDED)
    await desk.joining.code("0000")
    assert (asked(desk).wrong, shelf.kept, "join" in people.calls) == (1, [], False)
    await desk.joining.send_code_again()
    assert asked(desk).wrong == 0


@pytest.mark.parametrize("fails", [SILENCE, REFUSAL])
@pytest.mark.parametrize("call", ["send_code", "check_code", "join"])
async def test_whatever_fails_is_said_the_sale_goes_on_and_a_second_try_joins(
    desk: Desk, people: People, shop: Shop, fails: PosError, call: str
) -> None:
    people.fails, people.well = fails, tuple({"send_code", "check_code", "join"} - {call})
    await desk.joining.apply(PHONE, "", NEEDED)
    if call != "send_code":
        await desk.joining.code(CODE)
    assert (joining(desk).trouble or asked(desk).trouble) is not None
    await pay(desk)
    assert receipts(shop) == [499000]
    people.fails = None
    await desk.joining.code(CODE)
    assert joining(desk).step is JoinStep.DONE


async def test_a_sale_is_paid_while_joining_hangs_and_the_next_customer_is_nobody_elses(
    desk: Desk, people: People, shop: Shop
) -> None:
    await desk.joining.apply(PHONE, "", NEEDED)
    people.gate.clear()
    code = asyncio.create_task(desk.joining.code(CODE))
    await people.held.wait()
    assert asked(desk).busy
    await pay(desk)
    await desk.scanned(COINS)
    people.gate.set()
    await code
    assert (receipts(shop), joining(desk).step, on_counter(desk)) == ([499000], JoinStep.DONE, None)


async def test_a_member_who_was_scanned_meanwhile_stays_on_the_counter(desk: Desk) -> None:
    await desk.joining.apply(PHONE, "", NEEDED)
    await desk.scanned(ANNA)
    await desk.joining.code(CODE)
    sale = desk.state.sale
    assert sale is not None
    assert sale.customer is not None
    assert sale.customer.key.value == ANNA


async def test_a_counter_that_was_cleared_meanwhile_stays_clear(desk: Desk) -> None:
    await desk.joining.apply(PHONE, "", NEEDED)
    await desk.cancel()
    await desk.joining.code(CODE)
    assert (joining(desk).step, desk.state.sale) == (JoinStep.DONE, None)


async def test_whoever_joins_before_an_order_lies_there_is_its_customer(till: Till, people: People) -> None:
    desk = desk_with(till, people)
    desk.joining.begin()
    await desk.joining.apply(PHONE, "", NEEDED)
    await desk.scanned(C2C)
    await desk.joining.code(CODE)
    assert on_counter(desk) is Standing.MEMBER


async def test_a_lost_answer_is_said_and_pressing_again_asks_for_no_code(desk: Desk, people: People) -> None:
    people.fails, people.well = LOST, ("send_code", "check_code")
    await desk.joining.apply(PHONE, "", NEEDED)
    await desk.joining.code(CODE)
    assert "неизвестно" in trouble(desk).what
    people.fails = None
    await desk.joining.code("")
    assert (joining(desk).step, people.calls.count("check_code"), len(people.members)) == (JoinStep.DONE, 1, 1)


async def test_nobody_joins_on_consents_that_the_disk_refused(desk: Desk, people: People, shelf: Shelf) -> None:
    shelf.full = True
    await desk.joining.apply(PHONE, "", NEEDED)
    await desk.joining.code(CODE)
    assert ("join" in people.calls, "диск" in trouble(desk).what) == (False, True)
    shelf.full = False
    await desk.joining.code(CODE)
    assert (joining(desk).step, people.kept_before_joining) == (JoinStep.DONE, [2])


async def test_consents_are_kept_once_however_often_joining_is_tried(desk: Desk, people: People, shelf: Shelf) -> None:
    people.fails, people.well = SILENCE, ("send_code", "check_code")
    await desk.joining.apply(PHONE, "", NEEDED)
    for _ in range(3):
        await desk.joining.code(CODE)
    assert len(shelf.kept) == 2


async def test_nothing_is_asked_of_a_processing_that_is_left_alone(desk: Desk, people: People, till: Till) -> None:
    for _ in range(2):
        till.health.called(Service.PROCESSING, works=False, error=SILENCE)
    await desk.joining.apply(PHONE, "", NEEDED)
    assert (people.calls, asked(desk).trouble is not None) == ([], True)


async def test_going_back_forgets_the_phone_and_the_code_and_keeps_the_ticks(desk: Desk, people: People) -> None:
    await desk.joining.apply(PHONE, "Ольга", ALL)
    desk.joining.back()
    form = joining(desk)
    assert (form.step, form.phone, form.code, form.name, form.purposes) == (JoinStep.FORM, "", None, "Ольга", ALL)
    await desk.joining.code(CODE)
    assert "check_code" not in people.calls


async def test_an_answer_that_comes_after_joining_was_closed_changes_nothing(desk: Desk, people: People) -> None:
    await desk.joining.apply(PHONE, "", NEEDED)
    people.gate.clear()
    code = asyncio.create_task(desk.joining.code(CODE))
    await people.held.wait()
    desk.joining.close()
    people.gate.set()
    await code
    assert (desk.state.joining, on_counter(desk), "join" in people.calls) == (None, None, False)
