import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pos_client.adapters.inpas import InpasSettings, InpasTerminal
from pos_client.adapters.terminal_note import NoteBook, Step
from pos_client.adapters.transport import Transport
from pos_client.domain.money import Money
from pos_client.domain.payment import Approval
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, StillAtItError, UnavailableError
from pos_client.training.card_terminal import FULL_CARD, TERMINAL
from pos_client.training.faults import Fault
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop, real_time

SUM = Money(25_000)
ONE, TWO = UUID(int=1), UUID(int=2)
PAST = datetime(2020, 1, 1, tzinfo=UTC)

Make = Callable[..., InpasTerminal]


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    shop = Shop()
    with running(shop) as server:
        yield server
    shop.close()


@pytest.fixture
def shop(server: ShopServer) -> Iterator[Shop]:
    server.shop.reset()
    server.shop.inpas.encoding, server.shop.inpas.status_known, server.shop.inpas.copies = "cp1251", True, True
    yield server.shop
    server.shop.faults.lift()


@pytest.fixture
async def make(server: ShopServer, tmp_path: Path) -> AsyncIterator[Make]:
    book = NoteBook(tmp_path / "note.json")
    async with Transport(Service.TERMINAL, f"{server.url}/dualconnector") as transport:

        def terminal(
            *,
            status: int = 52,
            seconds: float = 5.0,
            refund: int = 29,
            name: str = TERMINAL,
            copy: str = "63 1 22",
            notes: NoteBook | None = book,
        ) -> InpasTerminal:
            settings = InpasSettings(
                terminal_id=name,
                refund_operation=refund,
                status_operation=status,
                slip_copy=copy,
                pay_timeout=seconds,
                ask_timeout=5.0,
                settle_timeout=5.0,
            )
            return InpasTerminal(transport, settings, now=real_time, notes=notes)

        yield terminal


@pytest.fixture
def terminal(shop: Shop, make: Make) -> InpasTerminal:
    assert not shop.terminal.operations()
    return make()


def charged(shop: Shop) -> list[tuple[str, int]]:
    return [(one.kind, one.amount) for one in shop.terminal.operations()]


# ------------------------------------------------------------------------------------------------------ it answers


async def test_an_approved_payment_has_everything_that_a_receipt_and_a_refund_need(
    terminal: InpasTerminal, shop: Shop
) -> None:
    approval = await terminal.pay(SUM, ONE)
    (done,) = shop.terminal.operations()
    assert (approval.operation, approval.amount, approval.card) == (ONE, SUM, "•••• 1234")
    assert (approval.reference, approval.code, approval.terminal) == (done.reference, done.code, TERMINAL)
    assert abs(approval.at - done.at) < timedelta(seconds=1)
    assert sum("ОДОБРЕНО" in line for line in approval.slip) == 1
    assert not any("КАССИР" in line for line in approval.slip)


async def test_what_is_sent_is_what_the_protocol_says(terminal: InpasTerminal, shop: Shop) -> None:
    await terminal.pay(SUM, ONE)
    call = shop.calls("terminal", "pay")[-1]
    assert call.headers["content-type"] == "text/xml; charset=windows-1251"
    assert call.body.decode("cp1251") == (
        '<?xml version="1.0" encoding="windows-1251"?><request><field id="00">25000</field><field id="04">643</field>'
        f'<field id="14">{ONE}</field><field id="25">1</field><field id="27">{TERMINAL}</field></request>'
    )


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "cp866"])
async def test_an_answer_is_read_in_any_of_the_encodings(terminal: InpasTerminal, shop: Shop, encoding: str) -> None:
    shop.inpas.encoding = encoding
    approval = await terminal.pay(SUM, ONE)
    assert "Код авторизации" in " ".join(approval.slip)
    shop.faults.set(Fault("terminal", "card-odd"))
    with pytest.raises(RefusedError, match="ОТКАЗ 77"):
        await terminal.pay(SUM, TWO)


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("card-cancelled", RefusedError, "Оплата отменена"),
        ("card-timeout", RefusedError, "Оплата отменена"),
        ("card-no-funds", RefusedError, "не хватает денег"),
        ("card-pin", RefusedError, "ПИН"),
        ("card-blocked", RefusedError, "заблокирована"),
        ("card-limit", RefusedError, "лимит"),
        ("card-odd", RefusedError, "ОТКАЗ 77"),
        ("card-settlement", RefusedError, "сверка итогов"),
        ("card-no-link", UnavailableError, "нет связи с банком"),
        ("card-no-pinpad", UnavailableError, "не подключён"),
    ],
)
async def test_a_no_is_said_in_russian_and_nothing_was_charged(
    terminal: InpasTerminal, shop: Shop, fault: str, error: type[PosError], said: str
) -> None:
    shop.faults.set(Fault("terminal", fault))
    with pytest.raises(error) as caught:
        await terminal.pay(SUM, ONE)
    assert said in caught.value.trouble.what
    assert caught.value.trouble.money == "С карты ничего не списано."
    assert charged(shop) == []
    assert await terminal.find(ONE, SUM, since=PAST) is None


@pytest.mark.parametrize("operation", [29, 3])
async def test_a_refund_goes_by_the_reference_of_the_payment(make: Make, shop: Shop, operation: int) -> None:
    terminal = make(refund=operation)
    paid = await terminal.pay(SUM, ONE)
    await terminal.refund(paid, SUM, TWO)
    assert charged(shop) == [("pay", 25_000), ("refund", 25_000)]
    body = shop.calls("terminal", "refund")[-1].body.decode()
    assert f'<field id="14">{paid.reference}</field><field id="25">{operation}</field>' in body


async def test_a_settlement_gives_its_slip_and_a_probe_says_nothing(terminal: InpasTerminal) -> None:
    await terminal.pay(SUM, ONE)
    assert "Итого (Руб): 250.00" in await terminal.settle()
    await terminal.probe()


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("card-no-link", UnavailableError, "нет связи с банком"),
        ("card-busy", UnavailableError, "занят"),
        ("card-odd", RefusedError, "Банк ответил: ОТКАЗ 77."),
    ],
)
async def test_a_settlement_that_fails_says_nothing_of_a_customer(
    terminal: InpasTerminal, shop: Shop, kind: str, error: type[PosError], words: str
) -> None:
    shop.faults.set(Fault("terminal", kind, operation="settle"))
    with pytest.raises(error) as caught:
        await terminal.settle()
    trouble = caught.value.trouble
    assert words in trouble.what
    assert (trouble.money, trouble.action, trouble.say) == ("Оплаты на терминале не затронуты.", "", "")


async def test_a_terminal_that_dualconnector_does_not_know_is_not_connected(make: Make, shop: Shop) -> None:
    stranger = make(name="00000001")
    with pytest.raises(UnavailableError, match="не подключён"):
        await stranger.pay(SUM, ONE)
    with pytest.raises(UnavailableError):
        await stranger.probe()
    assert charged(shop) == []


async def test_another_sum_than_asked_for_is_never_an_approval(terminal: InpasTerminal, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "card-wrong-sum"))
    with pytest.raises(OutcomeUnknownError, match="251,00"):
        await terminal.pay(SUM, ONE)
    with pytest.raises(OutcomeUnknownError, match="251,00"):
        await terminal.find(ONE, SUM, since=PAST)


@pytest.mark.parametrize("kind", ["card-no-pinpad", "unauthorized-401", "forbidden-403", "http-429"])
async def test_whoever_takes_nothing_at_all_leaves_no_question_open(
    make: Make, shop: Shop, tmp_path: Path, kind: str
) -> None:
    shop.faults.set(Fault("terminal", kind, operation="pay"))
    with pytest.raises((UnavailableError, RefusedError)):
        await make().pay(SUM, ONE)
    note = NoteBook(tmp_path / "note.json").read()
    assert note is not None
    assert (note.operation, note.step) == (ONE, Step.DECLINED)
    shop.faults.set(Fault("terminal", "refuse", times=None))
    assert await make().find(ONE, SUM, since=PAST) is None, "known without asking anybody"


# ------------------------------------------------------------------------------------------------ nobody answered


@pytest.mark.parametrize("kind", ["lose-answer", "card-unsure"])
async def test_money_that_moved_without_a_word_is_found_by_our_id(
    terminal: InpasTerminal, shop: Shop, kind: str
) -> None:
    shop.faults.set(Fault("terminal", kind, operation="pay"))
    with pytest.raises(OutcomeUnknownError) as caught:
        await terminal.pay(SUM, ONE)
    assert "второй раз платить нельзя" in caught.value.trouble.money
    found = await terminal.find(ONE, SUM, since=PAST)
    assert found is not None
    assert found.reference == shop.terminal.operations()[-1].reference
    assert charged(shop) == [("pay", 25_000)]


async def test_an_approval_whose_slip_was_cut_off_is_an_approval(terminal: InpasTerminal, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "malformed-json", operation="pay"))
    approval = await terminal.pay(SUM, ONE)
    assert approval.reference == shop.terminal.operations()[-1].reference
    assert "ОДОБРЕНО" not in " ".join(approval.slip)


@pytest.mark.parametrize("kind", ["drop", "http-500", "http-502-empty"])
async def test_a_call_that_may_have_arrived_is_unknown_until_asked_about(
    terminal: InpasTerminal, shop: Shop, kind: str
) -> None:
    shop.faults.set(Fault("terminal", kind, operation="pay"))
    with pytest.raises(OutcomeUnknownError):
        await terminal.pay(SUM, ONE)
    assert await terminal.find(ONE, SUM, since=PAST) is None


async def test_a_terminal_that_was_not_reached_charged_nothing(shop: Shop) -> None:
    spare = ShopServer(shop)
    address = spare.url
    spare.stop()
    async with Transport(Service.TERMINAL, address) as transport:
        terminal = InpasTerminal(transport, InpasSettings(terminal_id=TERMINAL), now=real_time)
        with pytest.raises(UnavailableError):
            await terminal.pay(SUM, ONE)


async def test_of_what_came_before_its_last_operation_no_terminal_says_that_it_was_not(make: Make, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    with pytest.raises(OutcomeUnknownError):
        await make().pay(SUM, ONE)
    await make().pay(SUM, TWO)
    with pytest.raises(OutcomeUnknownError):
        await make().find(ONE, SUM, since=PAST)
    assert charged(shop) == [("pay", 25_000), ("pay", 25_000)]


async def test_an_approval_after_our_time_out_is_found(make: Make, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "slow", operation="pay", seconds=1.0))
    with pytest.raises(OutcomeUnknownError):
        await make(seconds=0.2).pay(SUM, ONE)
    heir = make()
    assert await eventually(heir) is not None
    assert charged(shop) == [("pay", 25_000)]


async def eventually(terminal: InpasTerminal) -> object:
    """Ask as the counter does; while the terminal is at it, nobody is told that there is none."""
    async with asyncio.timeout(8):
        for pause in [0.1] * 70:
            try:
                return await terminal.find(ONE, SUM, since=PAST)
            except PosError:
                await asyncio.sleep(pause)
    return None


@pytest.mark.parametrize("status", [0, 52])
async def test_a_profile_that_cannot_tell_leaves_the_question_open(make: Make, shop: Shop, status: int) -> None:
    shop.inpas.status_known = False
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    terminal = make(status=status)
    with pytest.raises(OutcomeUnknownError):
        await terminal.pay(SUM, ONE)
    with pytest.raises(OutcomeUnknownError):
        await terminal.find(ONE, SUM, since=PAST)


# ------------------------------------------------------------------------------------------------ a lost return


async def lost_return(terminal: InpasTerminal, shop: Shop, kind: str = "lose-answer") -> Approval:
    """A payment of which the return was asked for and never answered."""
    paid = await terminal.pay(SUM, ONE)
    shop.faults.set(Fault("terminal", kind, operation="refund"))
    with pytest.raises(OutcomeUnknownError):
        await terminal.refund(paid, SUM, TWO)
    return paid


@pytest.mark.parametrize("kind", ["lose-answer", "card-unsure"])
async def test_a_return_that_happened_without_a_word_is_told_by_the_last_slip(
    make: Make, shop: Shop, kind: str
) -> None:
    await lost_return(make(), shop, kind)
    found = await make().find(TWO, SUM, since=PAST, back=True)
    assert found is not None
    done = shop.terminal.operations()[-1]
    assert (found.operation, found.amount, found.reference, found.code) == (TWO, SUM, done.reference, done.code)
    again = await make(copy="").find(TWO, SUM, since=PAST, back=True)
    assert again == found, "what was learnt is noted"
    assert charged(shop) == [("pay", 25_000), ("refund", 25_000)]


@pytest.mark.parametrize("kind", ["drop", "http-500"])
async def test_a_return_that_did_not_happen_is_said_so_only_when_the_terminal_cannot_wait_for_the_card_any_more(
    make: Make, shop: Shop, kind: str
) -> None:
    await lost_return(make(), shop, kind)
    with pytest.raises(StillAtItError) as caught:
        await make().find(TWO, SUM, since=real_time(), back=True)
    assert "возможно, ещё ждёт карту" in caught.value.trouble.what
    assert await make(seconds=0.0).find(TWO, SUM, since=PAST, back=True) is None
    assert await make(copy="").find(TWO, SUM, since=PAST, back=True) is None, "what was learnt is noted"


async def test_a_return_at_a_profile_without_copies_is_never_said_not_to_have_been(make: Make, shop: Shop) -> None:
    shop.inpas.copies = False
    await lost_return(make(), shop)
    for terminal in (make(), make(copy=""), make(notes=None)):
        with pytest.raises(OutcomeUnknownError):
            await terminal.find(TWO, SUM, since=PAST, back=True)


@pytest.mark.parametrize(("kind", "amount"), [("pay", 25_000), ("refund", 25_100)])
async def test_a_last_slip_of_something_else_tells_nothing(make: Make, shop: Shop, kind: str, amount: int) -> None:
    await lost_return(make(), shop)
    shop.terminal.move(kind, amount)
    with pytest.raises(OutcomeUnknownError) as caught:
        await make(seconds=0.0).find(TWO, SUM, since=PAST, back=True)
    assert not isinstance(caught.value, StillAtItError)


async def test_a_return_made_by_hand_before_ours_is_not_taken_for_ours(make: Make, shop: Shop) -> None:
    paid = await make().pay(SUM, ONE)
    shop.terminal.move("refund", SUM.kopecks)
    shop.faults.set(Fault("terminal", "drop", operation="refund"))
    with pytest.raises(OutcomeUnknownError):
        await make().refund(paid, SUM, TWO)
    assert await make(seconds=0.0).find(TWO, SUM, since=PAST, back=True) is None


async def test_a_return_that_was_noted_as_another_sum_is_not_known(make: Make, shop: Shop) -> None:
    await lost_return(make(), shop)
    with pytest.raises(OutcomeUnknownError):
        await make().find(TWO, Money(1), since=PAST, back=True)


async def test_an_operation_that_was_never_noted_was_never_started(make: Make, shop: Shop) -> None:
    await make().pay(SUM, ONE)
    shop.inpas.status_known = False
    later = real_time() + timedelta(seconds=1)
    assert await make().find(TWO, SUM, since=later, back=True) is None
    with pytest.raises(OutcomeUnknownError):
        await make().find(TWO, SUM, since=PAST, back=True)


async def test_a_refused_return_is_known_to_have_been_refused(make: Make, shop: Shop) -> None:
    paid = await make().pay(SUM, ONE)
    shop.faults.set(Fault("terminal", "card-cancelled", operation="refund"))
    with pytest.raises(RefusedError):
        await make().refund(paid, SUM, TWO)
    assert await make(copy="").find(TWO, SUM, since=PAST, back=True) is None


async def test_while_the_terminal_waits_for_the_card_nobody_is_told_that_nothing_went_back(
    make: Make, shop: Shop
) -> None:
    paid = await make().pay(SUM, ONE)
    shop.faults.set(Fault("terminal", "slow", operation="refund", seconds=30.0))
    waiting = asyncio.create_task(make(seconds=30.0).refund(paid, SUM, TWO))
    assert await asyncio.to_thread(shop.faults.wait_for_hanging, 1, 5.0)
    with pytest.raises(StillAtItError) as caught:
        await make(seconds=0.0).find(TWO, SUM, since=PAST, back=True)
    assert caught.value.trouble.what == "Терминал ещё занят этой операцией."
    shop.faults.lift()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_terminal_in_use_is_called_busy_and_not_cancelled(terminal: InpasTerminal, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "card-busy"))
    with pytest.raises(UnavailableError, match="занят"):
        await terminal.pay(SUM, ONE)


async def test_a_payment_of_a_profile_without_our_ids_is_told_by_the_last_slip(make: Make, shop: Shop) -> None:
    await make(status=0).pay(SUM, UUID(int=9))
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    with pytest.raises(OutcomeUnknownError):
        await make(status=0).pay(SUM, ONE)
    found = await make(status=0).find(ONE, SUM, since=PAST)
    assert found is not None
    assert found.reference == shop.terminal.operations()[-1].reference


async def test_a_silent_terminal_may_wait_for_the_card_until_its_own_time_is_over(make: Make, shop: Shop) -> None:
    await lost_return(make(), shop)
    shop.faults.set(Fault("terminal", "refuse", times=None))
    with pytest.raises(StillAtItError):
        await make().find(TWO, SUM, since=real_time(), back=True)
    with pytest.raises(UnavailableError):
        await make(seconds=0.0).find(TWO, SUM, since=PAST, back=True)


async def test_a_note_that_cannot_be_written_starts_nothing(make: Make, shop: Shop, tmp_path: Path) -> None:
    nowhere = NoteBook(tmp_path / "no such folder" / "note.json")
    with pytest.raises(UnavailableError):
        await make(notes=nowhere).pay(SUM, ONE)
    assert charged(shop) == []


async def test_an_id_of_ours_is_sent_only_where_the_profile_takes_it(make: Make, shop: Shop) -> None:
    await make(status=0).pay(SUM, ONE)
    assert str(ONE) not in shop.calls("terminal", "pay")[-1].body.decode()


async def test_a_settlement_without_an_answer_may_be_repeated(terminal: InpasTerminal, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "lose-answer", operation="settle"))
    with pytest.raises(OutcomeUnknownError, match="сверку итогов"):
        await terminal.settle()
    assert await terminal.settle()


async def test_only_one_operation_at_a_time(terminal: InpasTerminal, shop: Shop) -> None:
    _, second = await asyncio.gather(terminal.pay(SUM, ONE), terminal.pay(SUM, TWO), return_exceptions=True)
    assert isinstance(second, UnavailableError)
    assert charged(shop) == [("pay", 25_000)]


async def test_a_full_card_number_goes_nowhere(
    terminal: InpasTerminal, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.faults.set(Fault("terminal", "card-full-number"))
    with caplog.at_level(logging.DEBUG):
        approval = await terminal.pay(SUM, ONE)
    assert "Карта:(D)  ************1234" in approval.slip
    assert approval.card == "•••• 1234"
    assert FULL_CARD not in repr(approval) + caplog.text
