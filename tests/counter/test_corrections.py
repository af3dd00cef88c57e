"""Corrections over the whole till: the opposite, then the right one, each once, wherever the power goes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from pos_client.adapters.correction_book import SqliteCorrectionBook
from pos_client.adapters.journal import SqliteJournal
from pos_client.app import Till
from pos_client.counter.corrections import Corrections
from pos_client.domain.correction import Correction, says_the_same
from pos_client.domain.money import Money
from pos_client.domain.receipt import FiscalDocument, FiscalTask, Receipt
from pos_client.domain.sale import Cashier, IllegalMoveError, Sale, Trouble
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Settlement, Taxation
from pos_client.ports import CashRegister, OtherTotalError, RefusedError, RegisterState, ShiftState
from pos_client.settings import Settings
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import C2C, SETTINGS, Time, open_till, sold

CASHIER = Cashier("Петрова О.", "123654789507")
GOODS = "1105660806"


class Cut(Exception):  # noqa: N818 - it is no error of the program
    """The power went."""


class FrailBook(SqliteCorrectionBook):
    """A book on whose so-manieth write the power goes, before or after it."""

    def __init__(self, journal: SqliteJournal, *, lives: int, after: bool) -> None:
        super().__init__(journal)
        self.lives, self.after = lives, after

    def save(self, correction: Correction) -> None:
        self.lives -= 1
        if self.lives == 0 and not self.after:
            raise Cut
        super().save(correction)
        if self.lives == 0:
            raise Cut


def corrections(till: Till, book: SqliteCorrectionBook, register: CashRegister | None = None) -> Corrections:
    outside = replace(till.outside, corrections=book, register=register or till.outside.register)
    return Corrections(outside, rules=FiscalRules(), check_for=0.2, check_pause=0.01)


@pytest.fixture
def journal(tmp_path: Path) -> SqliteJournal:
    return SqliteJournal(tmp_path / "corrections.sqlite3", now=lambda: datetime(2026, 11, 21, 12, tzinfo=UTC))


async def wrongly_sold(till: Till) -> tuple[Sale, Receipt, FiscalDocument, Receipt]:
    """A sale, its receipt, its document, and the receipt that it should have had."""
    sale = await sold(till, C2C)
    assert sale.fiscal is not None
    assert sale.document is not None
    wrong = sale.fiscal.receipt
    right = replace(wrong, lines=tuple(replace(line, settlement=Settlement.FULL) for line in wrong.lines))
    return sale, wrong, sale.document, right


def steps(shop: Shop) -> list[tuple[str, int]]:
    return [(one.type, one.total) for one in shop.fiscal_documents() if "Correction" in one.type]


BOTH = [("sellReturnCorrection", 499000), ("sellCorrection", 499000)]


async def test_a_wrong_document_is_taken_back_and_the_right_one_follows(
    till: Till, shop: Shop, journal: SqliteJournal
) -> None:
    _, wrong, document, right = await wrongly_sold(till)
    drawer = shop.register.device.drawer()
    service = corrections(till, SqliteCorrectionBook(journal))
    done = await service.correct(wrong, document, right, cashier=CASHIER)
    assert (done.is_open, done.trouble, steps(shop)) == (False, None, BOTH)
    assert shop.register.device.drawer() == drawer
    tasks = [one.task for one in shop.fiscal_documents() if "Correction" in one.type]
    for task in tasks:
        assert task["items"][0] == {"type": "additionalAttribute", "value": document.sign, "print": True}
        assert (task["correctionType"], task["operator"]["name"]) == ("self", "Петрова О.")
    methods = [{one.get("paymentMethod") for one in task["items"]} - {None} for task in tasks]
    assert methods == [{"fullPrepayment"}, {"fullPayment"}]
    assert await service.correct(wrong, document, right, cashier=CASHIER) == done
    assert steps(shop) == BOTH


async def test_a_document_that_should_not_be_is_only_taken_back(till: Till, shop: Shop, journal: SqliteJournal) -> None:
    _, wrong, document, _ = await wrongly_sold(till)
    service = corrections(till, SqliteCorrectionBook(journal))
    done = await service.correct(wrong, document, None, cashier=CASHIER)
    assert (done.is_open, steps(shop)) == (False, BOTH[:1])


async def test_what_stands_in_the_way_is_told_and_the_rest_follows_later(
    till: Till, shop: Shop, journal: SqliteJournal
) -> None:
    _, wrong, document, right = await wrongly_sold(till)
    service = corrections(till, SqliteCorrectionBook(journal))
    shop.faults.set(Fault("register", "paper-out", times=None))
    stopped = await service.correct(wrong, document, right, cashier=CASHIER)
    assert stopped.trouble is not None
    assert (stopped.is_open, steps(shop)) == (True, [])
    shop.faults.lift()
    [done] = await service.resume()
    assert (done.is_open, done.trouble, steps(shop)) == (False, None, BOTH)
    assert await service.resume() == ()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("lives", range(1, 7))
async def test_the_power_may_go_at_any_write_and_each_step_is_registered_once(
    till: Till, shop: Shop, journal: SqliteJournal, lives: int, *, after: bool
) -> None:
    _, wrong, document, right = await wrongly_sold(till)
    frail = corrections(till, FrailBook(journal, lives=lives, after=after))
    with pytest.raises(Cut):
        await frail.correct(wrong, document, right, cashier=CASHIER)
    service = corrections(till, SqliteCorrectionBook(journal))
    done = await service.correct(wrong, document, right, cashier=CASHIER)
    assert (done.is_open, steps(shop)) == (False, BOTH)


async def test_a_finished_correction_makes_no_move(till: Till, journal: SqliteJournal) -> None:
    _, wrong, document, _ = await wrongly_sold(till)
    done = await corrections(till, SqliteCorrectionBook(journal)).correct(wrong, document, None, cashier=CASHIER)
    with pytest.raises(IllegalMoveError):
        done.receipt_sent(after=1)


class OtherwiseCounting:
    """A register that has registered our receipt with another total."""

    def __init__(self) -> None:
        self.asked = 0

    async def state(self) -> RegisterState:
        return RegisterState(ShiftState.OPEN, 1, 7, "9999078900001341")

    async def open_shift(self, cashier: Cashier, task_id: UUID) -> None:
        raise AssertionError((cashier, task_id))

    async def print_text(self, lines: Sequence[str], task_id: UUID) -> None:
        raise AssertionError((lines, task_id))

    async def print_receipt(self, task: FiscalTask) -> FiscalDocument:
        return await self.find_document(task)

    async def find_document(self, task: FiscalTask) -> FiscalDocument:
        self.asked += 1
        raise OtherTotalError(Trouble(f"Касса пробила чек на {Money(1)}, а должна была на {task.receipt.total}."))

    async def document_under(self, number: int, task: FiscalTask) -> FiscalDocument:
        raise AssertionError((number, task))


async def test_another_total_names_both_sums_and_stops_at_once(till: Till, journal: SqliteJournal) -> None:
    _, wrong, document, right = await wrongly_sold(till)
    register = OtherwiseCounting()
    service = corrections(till, SqliteCorrectionBook(journal), register)
    for asked in (1, 2):
        stopped = await service.correct(wrong, document, right, cashier=CASHIER)
        assert stopped.trouble is not None
        assert stopped.trouble.what == f"Касса пробила чек на {Money(1)}, а должна была на {Money(499000)}."
        assert (register.asked, stopped.documents) == (asked, ())


def by_other_rules(settles: bool, **terms: str) -> Settings:  # noqa: FBT001 - the one thing that accounting changes
    section = SETTINGS.cash_register.model_copy(update={"acceptance_settles": settles, **terms})
    return SETTINGS.model_copy(update={"cash_register": section})


async def test_a_till_says_what_holds_a_begun_correction_up_and_finishes_it_when_it_starts_again(
    shop: Shop, clock: Time, tmp_path: Path
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        document = (await sold(till, C2C)).document
        assert document is not None
    shop.faults.set(Fault("register", "paper-out", times=None))
    async with open_till(shop, tmp_path, clock, settings=by_other_rules(True)) as till:
        begun = await till.corrections.correct_sale(document.number, cashier=CASHIER, why="способ расчёта")
        assert (begun.is_open, begun.why, steps(shop)) == (True, "способ расчёта", [])
        told: asyncio.Queue[Trouble] = asyncio.Queue()
        till.desk.listen(lambda state: told.put_nowait(state.notice) if state.notice is not None else None)
        work = asyncio.create_task(till.finish_corrections())
        notice = await asyncio.wait_for(told.get(), 10)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert notice.what == f"Коррекция чека № {document.number} не закончена. В кассе закончилась бумага."
    shop.faults.lift()
    # The steps were written down: what accounting decides meanwhile changes nothing in them.
    async with open_till(shop, tmp_path, clock) as till:
        await asyncio.wait_for(till.finish_corrections(), 10)
    assert steps(shop) == BOTH


@pytest.mark.parametrize("settles", [False, True])
async def test_only_what_the_rules_of_today_say_otherwise_is_corrected(
    shop: Shop, clock: Time, tmp_path: Path, *, settles: bool
) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        document = (await sold(till, C2C)).document
        assert document is not None
    async with open_till(shop, tmp_path, clock, settings=by_other_rules(settles)) as till:
        if settles:
            done = await till.corrections.correct_sale(document.number, cashier=CASHIER)
            assert not done.is_open
        else:
            with pytest.raises(RefusedError, match="исправлять нечего"):
                await till.corrections.correct_sale(document.number, cashier=CASHIER)
    assert steps(shop) == (BOTH if settles else [])


class Inherited(SqliteCorrectionBook):
    """A book of a till whose storage was replaced: another one has a document of the same number."""

    def sold_under(self, number: int) -> tuple[Sale, ...]:
        found = super().sold_under(number)
        older = [
            replace(sale, document=replace(sale.document, fn="9999078900000001")) for sale in found if sale.document
        ]
        return (*older, *found)


async def test_a_number_that_two_storages_know_is_corrected_in_the_named_one(till: Till, shop: Shop) -> None:
    sale, _, document, _ = await wrongly_sold(till)
    journal = till.outside.journal
    assert isinstance(journal, SqliteJournal)
    service = corrections(till, Inherited(journal))
    with pytest.raises(RefusedError, match="несколько"):
        await service.correct_sale(document.number, cashier=CASHIER, undo=True)
    assert steps(shop) == []
    done = await service.correct_sale(document.number, cashier=CASHIER, fn=document.fn, undo=True)
    assert (done.wrong, steps(shop)) == (sale.document, BOTH[:1])


async def test_a_document_that_is_no_receipt_of_a_sale_is_named(till: Till, shop: Shop) -> None:
    await sold(till, C2C)
    with pytest.raises(RefusedError, match="№ 777 у этой кассы нет"):
        await till.corrections.correct_sale(777, cashier=CASHIER, undo=True)
    assert steps(shop) == []


def terms(shop: Shop, *kinds: str) -> list[tuple[str, set[str]]]:
    """System of taxation and signs of agents in the documents of these kinds."""
    found = []
    for one in shop.fiscal_documents():
        if one.type in kinds:
            agents = [item["agentInfo"]["agents"] for item in one.task["items"] if "agentInfo" in item]
            found.append((one.task["taxationType"], {sign for signs in agents for sign in signs}))
    return found


@pytest.mark.parametrize(
    ("was", "wrong"),
    [
        ({"taxation": "usnIncome"}, ("usnIncome", {"another"})),
        ({"agent": "commissionAgent"}, ("osn", {"commissionAgent"})),
    ],
    ids=["taxation", "agent"],
)
async def test_wrong_terms_are_taken_back_as_they_were_registered_and_said_right(
    shop: Shop, clock: Time, tmp_path: Path, was: dict[str, str], wrong: tuple[str, set[str]]
) -> None:
    right = ("osn", {"another"})
    async with open_till(shop, tmp_path, clock, settings=by_other_rules(False, **was)) as till:
        document = (await sold(till, GOODS)).document
        assert document is not None
    async with open_till(shop, tmp_path, clock) as till:
        done = await till.corrections.correct_sale(document.number, cashier=CASHIER)
    assert (done.is_open, terms(shop, "sell")) == (False, [wrong])
    assert (terms(shop, "sellReturnCorrection"), terms(shop, "sellCorrection")) == ([wrong], [right])


async def test_a_sale_that_an_earlier_version_wrote_down_without_terms_is_not_called_wrong_for_that(till: Till) -> None:
    sale = await sold(till, GOODS)
    assert sale.fiscal is not None
    now = sale.fiscal.receipt
    then = replace(now, taxation=None, lines=tuple(replace(line, agent=None) for line in now.lines))
    assert any(line.agent for line in now.lines)
    assert says_the_same(then, now)
    assert not says_the_same(replace(then, taxation=Taxation.PATENT), now)
