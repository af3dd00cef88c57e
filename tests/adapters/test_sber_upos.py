import asyncio
import logging
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from pos_client.adapters.sber_upos import SberUpos, UposSettings
from pos_client.adapters.upos_results import read_result
from pos_client.domain.money import Money
from pos_client.domain.payment import Approval
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, StillAtItError, UnavailableError
from pos_client.training.card_terminal import CARD, FULL_CARD
from pos_client.training.faults import Fault
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop
from pos_client.training.upos import install

SUM = Money(25_000)
ONE, TWO = UUID(int=1), UUID(int=2)
PAST = datetime(2020, 1, 1, tzinfo=UTC)


class TillClock:
    """Steps on a second at every look, so that two operations never begin at one moment."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    shop = Shop()
    with running(shop) as server:
        yield server
    shop.close()


@pytest.fixture
def shop(server: ShopServer) -> Shop:
    server.shop.reset()
    return server.shop


class Bench:
    """A terminal's folder, and as many lives of the till as a test needs."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self.command = command
        self.clock = TillClock()
        self.heard: list[tuple[Service, bool]] = []
        self._lives: list[SberUpos] = []

    def till(self, *, seconds: float = 8.0, last_slip: str = "12", command: str = "") -> SberUpos:
        settings = UposSettings(
            folder=str(self.folder),
            command=command or self.command,
            last_slip=last_slip,
            pay_timeout=seconds,
            ask_timeout=8.0,
            settle_timeout=8.0,
        )
        made = SberUpos(settings, now=self.clock, on_call=self._hear)
        self._lives.append(made)
        return made

    def _hear(self, service: Service, works: bool, _seconds: float, _error: PosError | None) -> None:  # noqa: FBT001 - as OnCall
        self.heard.append((service, works))

    def kill(self) -> None:
        """Kill whatever still runs, as the cashier does with the task manager."""
        for life in self._lives:
            process = life._program.process
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait(5)


@pytest.fixture
async def bench(shop: Shop, server: ShopServer, tmp_path: Path) -> AsyncIterator[Bench]:
    folder = tmp_path / "sc552"
    made = Bench(folder, install(folder, server.url))
    yield made
    made.kill()
    shop.faults.lift()


async def until_at_work(till: SberUpos, shop: Shop) -> subprocess.Popen[bytes]:
    assert await asyncio.to_thread(shop.faults.wait_for_hanging, 1, 5)
    assert till._program.process is not None
    return till._program.process


async def until_over(till: SberUpos) -> None:
    assert till._program.process is not None
    await asyncio.to_thread(till._program.process.wait, 8)


def charged(shop: Shop) -> list[tuple[str, int]]:
    return [(one.kind, one.amount) for one in shop.terminal.operations()]


# ------------------------------------------------------------------------------------------------------ it answers


async def test_an_approved_payment_has_everything_that_a_receipt_and_a_refund_need(bench: Bench, shop: Shop) -> None:
    approval = await bench.till().pay(SUM, ONE)
    (done,) = shop.terminal.operations()
    assert (approval.operation, approval.amount, approval.card) == (ONE, SUM, "•••• 1234")
    assert (approval.reference, approval.code, approval.terminal) == (done.reference, done.code, "10050012")
    assert abs(approval.at - done.at) < timedelta(seconds=1)
    assert "ОДОБРЕНО" in " ".join(approval.slip)
    assert f"Карта:(D)  {CARD}" in approval.slip
    assert all(line.isprintable() for line in approval.slip)
    assert bench.heard == [(Service.TERMINAL, True)]


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("card-cancelled", RefusedError, "Оплата отменена"),
        ("card-timeout", RefusedError, "не успел"),
        ("card-no-funds", RefusedError, "не хватает денег"),
        ("card-pin", RefusedError, "ПИН"),
        ("card-blocked", RefusedError, "заблокирована"),
        ("card-limit", RefusedError, "лимит"),
        ("card-odd", RefusedError, "ОТКАЗ БАНКА"),
        ("card-settlement", RefusedError, "сверка итогов"),
        ("card-no-link", UnavailableError, "нет связи с банком"),
        ("card-no-pinpad", UnavailableError, "не подключён"),
        ("card-busy", UnavailableError, "занят"),
    ],
)
async def test_a_no_is_said_in_russian_and_nothing_was_charged(
    bench: Bench, shop: Shop, fault: str, error: type[PosError], said: str
) -> None:
    shop.faults.set(Fault("terminal", fault))
    till = bench.till()
    with pytest.raises(error) as caught:
        await till.pay(SUM, ONE)
    assert said in caught.value.trouble.what
    assert caught.value.trouble.money == "С карты ничего не списано."
    assert caught.value.trouble.action
    assert charged(shop) == []
    assert await till.find(ONE, SUM, since=PAST) is None
    assert (await till.pay(SUM, TWO)).operation == TWO


async def test_a_refund_is_a_run_of_its_own(bench: Bench, shop: Shop) -> None:
    till = bench.till()
    paid = await till.pay(SUM, ONE)
    back = await till.refund(paid, SUM, TWO)
    assert back.operation == TWO
    assert charged(shop) == [("pay", 25_000), ("refund", 25_000)]


async def test_a_return_without_an_answer_is_found_as_a_return(bench: Bench, shop: Shop) -> None:
    till = bench.till()
    paid = await till.pay(SUM, ONE)
    shop.faults.set(Fault("terminal", "lose-answer", operation="refund"))
    with pytest.raises(OutcomeUnknownError):
        await till.refund(paid, SUM, TWO)
    with pytest.raises(OutcomeUnknownError):
        await till.find(TWO, SUM, since=PAST)
    found = await till.find(TWO, SUM, since=PAST, back=True)
    assert found is not None
    assert found.reference == shop.terminal.operations()[-1].reference


async def test_a_settlement_gives_its_slip_and_a_probe_says_nothing(bench: Bench) -> None:
    till = bench.till()
    await till.pay(SUM, ONE)
    slip = await till.settle()
    assert slip[0] == "СВЕРКА ИТОГОВ"
    assert "Итого (Руб): 250.00" in slip
    await till.probe()


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("card-no-link", UnavailableError, "нет связи с банком"),
        ("card-odd", RefusedError, "Банк ответил: ОТКАЗ БАНКА."),
    ],
)
async def test_a_settlement_that_fails_says_nothing_of_a_customer(
    bench: Bench, shop: Shop, kind: str, error: type[PosError], words: str
) -> None:
    shop.faults.set(Fault("terminal", kind, operation="settle"))
    with pytest.raises(error) as caught:
        await bench.till().settle()
    trouble = caught.value.trouble
    assert words in trouble.what
    assert (trouble.money, trouble.action, trouble.say) == ("Оплаты на терминале не затронуты.", "", "")


async def test_a_terminal_without_its_link_fails_the_probe(bench: Bench, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "card-no-link"))
    with pytest.raises(UnavailableError):
        await bench.till().probe()
    assert bench.heard == [(Service.TERMINAL, False)]


async def test_a_program_that_is_not_there_charged_nothing(bench: Bench) -> None:
    till = bench.till(command="loadparm.exe")
    with pytest.raises(UnavailableError):
        await till.pay(SUM, ONE)
    assert await till.find(ONE, SUM, since=PAST) is None
    with pytest.raises(UnavailableError):
        await till.probe()


async def test_a_folder_may_be_named_from_where_the_till_runs(
    bench: Bench, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.folder.parent)
    till = SberUpos(UposSettings(folder=bench.folder.name, command=bench.command), now=bench.clock)
    await till.pay(SUM, ONE)
    assert charged(shop) == [("pay", 25_000)]


async def test_another_sum_than_asked_for_is_never_an_approval(bench: Bench, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "card-wrong-sum"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError, match="251,00") as caught:
        await till.pay(SUM, ONE)
    assert "не те" in caught.value.trouble.money
    with pytest.raises(OutcomeUnknownError):
        await till.find(ONE, SUM, since=PAST)


# ------------------------------------------------------------------------------------------------ nobody answered


async def first_sale(bench: Bench) -> None:
    """The terminal has a history, as every terminal but a new one."""
    await bench.till().pay(Money(100), UUID(int=77))


@pytest.mark.parametrize("kind", ["lose-answer", "card-unsure", "malformed-json"])
async def test_money_that_moved_without_a_word_is_found_by_the_last_slip(bench: Bench, shop: Shop, kind: str) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", kind, operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError) as caught:
        await till.pay(SUM, ONE)
    assert "второй раз платить нельзя" in caught.value.trouble.money
    found = await till.find(ONE, SUM, since=PAST)
    assert found is not None
    assert (found.operation, found.reference) == (ONE, shop.terminal.operations()[-1].reference)
    assert any("ПОВТОР" in line for line in found.slip)
    assert await till.find(ONE, SUM, since=PAST) == found
    assert charged(shop) == [("pay", 100), ("pay", 25_000)]


@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_terminal_in_another_time_zone_does_not_lose_a_charge(bench: Bench, shop: Shop, hours: int) -> None:
    await first_sale(bench)
    bench.clock.now += timedelta(hours=hours)
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    found = await till.find(ONE, SUM, since=bench.clock() - timedelta(minutes=1))
    assert found is not None
    assert found.reference == shop.terminal.operations()[-1].reference


async def test_a_clock_that_was_set_back_does_not_make_an_earlier_operation_none(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    asked_at = bench.clock()
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    bench.clock.now -= timedelta(hours=1)
    await till.pay(SUM, TWO)
    with pytest.raises(OutcomeUnknownError):
        await till.find(ONE, SUM, since=asked_at)


async def test_a_run_that_died_before_the_terminal_charged_is_surely_none(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", "drop", operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    assert await till.find(ONE, SUM, since=PAST) is None
    assert charged(shop) == [("pay", 100)]


async def test_two_sales_of_one_sum_are_told_apart(bench: Bench, shop: Shop) -> None:
    till = bench.till()
    await till.pay(SUM, ONE)
    shop.faults.set(Fault("terminal", "drop", operation="pay"))
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, TWO)
    assert await till.find(TWO, SUM, since=PAST) is None


async def test_on_a_terminal_whose_history_nobody_knows_a_like_slip_is_not_enough(bench: Bench, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    with pytest.raises(OutcomeUnknownError):
        await till.find(ONE, SUM, since=PAST)


async def test_a_terminal_that_cannot_repeat_its_slip_leaves_the_question_open(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", "drop", operation="pay"))
    till = bench.till(last_slip="")
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    with pytest.raises(OutcomeUnknownError):
        await till.find(ONE, SUM, since=PAST)


async def test_a_busy_terminal_leaves_the_question_open_and_answers_later(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", "lose-answer", operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    shop.faults.set(Fault("terminal", "card-busy", operation="last"))
    with pytest.raises(StillAtItError):
        await till.find(ONE, SUM, since=PAST)
    found = await till.find(ONE, SUM, since=PAST)
    assert found is not None


async def test_a_killed_process_is_not_a_cancelled_payment(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", "hang", operation="pay", after=True))
    till = bench.till()
    paying = asyncio.create_task(till.pay(SUM, ONE))
    process = await until_at_work(till, shop)
    process.send_signal(signal.SIGKILL)
    with pytest.raises(OutcomeUnknownError):
        await paying
    found = await till.find(ONE, SUM, since=PAST)
    assert found is not None
    assert charged(shop) == [("pay", 100), ("pay", 25_000)]


async def test_an_approval_after_our_time_out_is_found_and_nothing_else_runs_before(bench: Bench, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "slow", operation="pay", seconds=1.5))
    till = bench.till(seconds=0.3)
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    with pytest.raises(StillAtItError):
        await till.find(ONE, SUM, since=PAST)
    with pytest.raises(UnavailableError, match="занят"):
        await till.pay(SUM, TWO)
    with pytest.raises(UnavailableError, match="занят"):
        await till.settle()
    await until_over(till)
    found = await till.find(ONE, SUM, since=PAST)
    assert found is not None
    assert charged(shop) == [("pay", 25_000)]


async def test_only_one_run_at_a_time(bench: Bench, shop: Shop) -> None:
    till = bench.till()
    first, second = await asyncio.gather(till.pay(SUM, ONE), till.pay(SUM, TWO), return_exceptions=True)
    assert isinstance(first, Approval)
    assert isinstance(second, UnavailableError)
    assert charged(shop) == [("pay", 25_000)]


# ------------------------------------------------------------------------------------------- the till was killed


async def test_a_till_that_died_finds_the_result_that_the_program_left(bench: Bench, shop: Shop) -> None:
    shop.faults.set(Fault("terminal", "slow", operation="pay", seconds=0.5))
    dead = bench.till()
    paying = asyncio.create_task(dead.pay(SUM, ONE))
    await until_at_work(dead, shop)
    paying.cancel()
    await until_over(dead)
    assert read_result(bench.folder) is not None
    found = await bench.till().find(ONE, SUM, since=PAST)
    assert found is not None
    assert found.reference == shop.terminal.operations()[0].reference
    assert read_result(bench.folder) is None


async def test_a_till_that_died_while_the_program_goes_on_waits_for_it(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", "slow", operation="pay", seconds=1.5))
    dead = bench.till()
    paying = asyncio.create_task(dead.pay(SUM, ONE))
    await until_at_work(dead, shop)
    paying.cancel()
    heir = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await heir.find(ONE, SUM, since=PAST)
    await until_over(dead)
    found = await heir.find(ONE, SUM, since=PAST)
    assert found is not None
    assert charged(shop) == [("pay", 100), ("pay", 25_000)]


async def test_an_answer_that_was_read_and_not_journaled_is_remembered(bench: Bench, shop: Shop) -> None:
    approval = await bench.till().pay(SUM, ONE)
    shop.faults.set(Fault("terminal", "card-no-pinpad", times=None))
    assert await bench.till().find(ONE, SUM, since=PAST) == approval


async def test_an_operation_that_was_never_started_is_surely_none(bench: Bench) -> None:
    await first_sale(bench)
    assert await bench.till().find(ONE, SUM, since=bench.clock()) is None


async def test_a_folder_without_a_note_says_nothing(bench: Bench) -> None:
    with pytest.raises(OutcomeUnknownError):
        await bench.till().find(ONE, SUM, since=bench.clock())


async def test_a_torn_note_says_nothing(bench: Bench) -> None:
    await bench.till().pay(SUM, ONE)
    note = bench.folder / "pos-client.json"
    note.write_bytes(note.read_bytes()[:40])
    with pytest.raises(OutcomeUnknownError):
        await bench.till().find(ONE, SUM, since=PAST)


async def test_a_probe_does_not_pass_for_the_payment_before_it(bench: Bench, shop: Shop) -> None:
    await first_sale(bench)
    shop.faults.set(Fault("terminal", "drop", operation="pay"))
    till = bench.till()
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    await till.probe()
    assert await till.find(ONE, SUM, since=PAST) is None


async def test_an_operation_is_never_started_twice(bench: Bench, shop: Shop) -> None:
    till = bench.till()
    await till.pay(SUM, ONE)
    with pytest.raises(OutcomeUnknownError):
        await till.pay(SUM, ONE)
    assert charged(shop) == [("pay", 25_000)]


async def test_what_cannot_be_noted_is_not_started(bench: Bench, shop: Shop) -> None:
    (bench.folder / "pos-client.json").mkdir()
    with pytest.raises(UnavailableError):
        await bench.till().pay(SUM, ONE)
    assert charged(shop) == []


# --------------------------------------------------------------------------------------------------- card numbers


async def test_a_full_card_number_goes_nowhere(bench: Bench, shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.faults.set(Fault("terminal", "card-full-number"))
    with caplog.at_level(logging.DEBUG):
        approval = await bench.till().pay(SUM, ONE)
    assert "Карта:(D)  ************1234" in approval.slip
    kept = [repr(approval), caplog.text]
    kept += [path.read_text(encoding="utf-8", errors="replace") for path in bench.folder.iterdir()]
    assert approval.card == "•••• 1234"
    assert not [text for text in kept if FULL_CARD in text]
