"""Money that is known by the cashier's signed word alone goes back too: by the reference on its slip, or by hand."""

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from pos_client.app import Till
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Tender, TenderState, TenderWish
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Trouble
from pos_client.training.shop import Shop
from tests.cashless import Bank, CardTerminal
from tests.tills import C2C, Fuse, PowerCutError, Time, deliver, open_till, places_to_cut, shop_at

CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
PART, REST, WHOLE = Money(200000), Money(299000), Money(499000)
RRN = "610000000001"


@pytest.fixture
def terminal() -> CardTerminal:
    return CardTerminal()


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
async def till(shop: Shop, clock: Time, tmp_path: Path, terminal: CardTerminal, bank: Bank) -> AsyncIterator[Till]:
    async with open_till(shop, tmp_path, clock, terminal=terminal, sbp=bank) as till:
        yield till


async def paid_by_word(till: Till, clock: Time, kind: TenderKind = CARD) -> None:
    """The answer about the first part is lost, nobody else can tell, and the cashier has the slip in the hand."""
    desk = till.desk
    await desk.scanned(C2C)
    await desk.tenders.pay_plan([TenderWish(kind, PART), TenderWish(CASH, REST)])
    await desk.tenders.answer_check(True, PART)
    await desk.tenders.cash(REST)
    assert desk.state.last is not None, desk.state.sale
    assert (desk.state.last.tenders[0].approval, desk.state.last.tenders[0].testimony is not None) == (None, True)
    await deliver(till, clock)


async def paid_by_lost_card(till: Till, clock: Time, terminal: CardTerminal) -> None:
    terminal.does, terminal.dumb = ["lose"], True
    await paid_by_word(till, clock)


async def confirmed(till: Till) -> None:
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()


def shown(till: Till) -> Refund:
    page = till.desk.state.refund
    assert page is not None, till.desk.state.notice
    return page.refund


def doubt(till: Till) -> Tender:
    back = shown(till).next_return
    assert back is not None
    return back


def trouble(till: Till) -> Trouble:
    found = shown(till).trouble
    assert found is not None
    return found


def told(till: Till) -> str:
    notice = till.desk.state.notice
    return "" if notice is None else notice.what


def returns(shop: Shop) -> list[int]:
    return [document.total for document in shop.fiscal_documents() if document.type == "sellReturn"]


async def test_the_reference_on_the_slip_sends_the_money_back_through_the_terminal(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    assert (shown(till).stage, doubt(till).state) == (RefundStage.RETURNING, TenderState.RETURN_UNKNOWN)
    assert "со слов кассира" in trouble(till).what
    assert "RRN" in trouble(till).action
    assert "Не удалось узнать" not in trouble(till).what, "nobody has tried yet"
    assert (terminal.given_back, returns(shop)) == ({}, [])
    await till.desk.refunds.name_payment(RRN)
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])
    await till.desk.refunds.handed_out()
    await deliver(till, clock)
    held = shop.refund(C2C)
    assert held is not None
    assert (held["state"], till.desk.state.refund) == ("DONE", None)


@pytest.mark.parametrize("typed", ["", "12345", "61000000000A", "6100000000011", "200000"])
async def test_what_is_no_reference_moves_nothing(till: Till, clock: Time, terminal: CardTerminal, typed: str) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    await till.desk.refunds.name_payment(typed)
    assert told(till) == "Это не номер ссылки: в RRN двенадцать цифр."
    assert (doubt(till).state, terminal.given_back) == (TenderState.RETURN_UNKNOWN, {})


async def test_a_return_made_by_hand_is_signed_and_the_terminal_is_never_asked_for_it(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    await till.desk.refunds.answer_check(True, Money(1))
    assert told(till).startswith("Ответы не сходятся")
    await till.desk.refunds.answer_check(True, PART)
    await till.desk.refunds.handed_out()
    done = till.desk.state.last_refund
    assert done is not None
    (back,) = done.backs
    assert back.testimony is not None
    assert (back.state, back.testimony.cashier, terminal.given_back) == (
        TenderState.RETURNED,
        till.desk.state.cashier.name,
        {},
    )
    assert returns(shop) == [499000]


async def test_a_reference_that_the_terminal_does_not_know_is_asked_for_again(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    terminal.does = ["decline"]
    await till.desk.refunds.name_payment("610000000009")
    assert trouble(till).what.startswith("Вернуть")
    await till.desk.refunds.recheck()
    assert "RRN" in trouble(till).action
    await till.desk.refunds.name_payment(RRN)
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])


async def test_a_terminal_that_was_not_reached_is_asked_again_by_the_same_reference(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    terminal.does = ["away"]
    await till.desk.refunds.name_payment(RRN)
    await till.desk.refunds.recheck()
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])


async def test_while_a_named_return_is_not_known_of_no_reference_is_taken_again(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    terminal.does = ["lose"]
    await till.desk.refunds.name_payment(RRN)
    assert trouble(till).what.startswith("Не удалось узнать, вернулись ли")
    await till.desk.refunds.name_payment(RRN)
    assert (told(till) != "", list(terminal.given_back.values())) == (True, [PART])
    terminal.dumb = False
    await till.desk.refunds.recheck()
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])


async def test_a_refund_of_which_nothing_went_back_by_hand_can_be_given_up(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    await confirmed(till)
    assert not shown(till).may_be_given_up
    await till.desk.refunds.answer_check(False, ZERO)
    assert (shown(till).may_be_given_up, trouble(till).what[:8]) == (True, "Записано")
    assert "откажитесь" in trouble(till).action
    await till.desk.refunds.close()
    await deliver(till, clock)
    assert (till.desk.state.refund, shop.refund(C2C), returns(shop), terminal.given_back) == (None, None, [], {})
    await confirmed(till)
    await till.desk.refunds.name_payment(RRN)
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])


async def test_where_another_part_went_back_already_nobody_is_told_to_give_up(
    till: Till, clock: Time, terminal: CardTerminal
) -> None:
    terminal.does, terminal.dumb = ["approve", "lose"], True
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(CARD, REST), TenderWish(CARD, PART)])
    await till.desk.tenders.answer_check(True, PART)
    await deliver(till, clock)
    await confirmed(till)
    assert list(terminal.given_back.values()) == [REST]
    await till.desk.refunds.answer_check(False, ZERO)
    assert (shown(till).may_be_given_up, "откажитесь" in trouble(till).action) == (False, False)
    await till.desk.refunds.recheck()
    await till.desk.refunds.name_payment(RRN)
    assert (list(terminal.given_back.values()), till.desk.state.refund) == ([REST, PART], None)


async def test_what_the_terminal_can_tell_by_now_needs_no_slip(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    terminal.dumb = False
    await confirmed(till)
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])
    assert shown(till).backs[0].approval is not None
    assert shown(till).stage is RefundStage.HANDING_OUT


async def test_a_visit_given_up_also_returns_what_the_terminal_can_tell_of_by_now(
    till: Till, terminal: CardTerminal
) -> None:
    terminal.does, terminal.dumb = ["lose"], True
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(CARD, PART), TenderWish(CASH, REST)])
    await till.desk.tenders.answer_check(True, PART)
    terminal.dumb = False
    await till.desk.cancel()
    assert (till.desk.state.sale, terminal.holds, len(terminal.given_back)) == (None, ZERO, 1)


async def test_a_visit_given_up_says_where_a_transfer_that_the_bank_does_not_know_goes_back(
    till: Till, bank: Bank
) -> None:
    bank.dumb = True
    await till.desk.scanned(C2C)
    await till.desk.tenders.pay_plan([TenderWish(SBP, PART), TenderWish(CASH, REST)])
    await till.desk.tenders.answer_check(True, PART)
    bank.forgets = True
    await till.desk.cancel()
    sale = till.desk.state.sale
    assert sale is not None
    assert sale.trouble is not None
    assert "кабинете банка" in sale.trouble.action
    assert "терминале" not in sale.trouble.action
    await till.desk.tenders.answer_check(True, PART)
    assert (till.desk.state.sale, bank.given_back) == (None, {})


async def test_a_transfer_known_by_word_goes_back_by_our_own_number(
    till: Till, shop: Shop, clock: Time, bank: Bank
) -> None:
    bank.dumb = True
    await paid_by_word(till, clock, SBP)
    bank.dumb = False
    await confirmed(till)
    assert (list(bank.given_back.values()), returns(shop)) == ([PART], [499000])


async def test_a_transfer_that_the_bank_does_not_know_goes_back_by_hand(
    till: Till, shop: Shop, clock: Time, bank: Bank
) -> None:
    bank.dumb = True
    await paid_by_word(till, clock, SBP)
    bank.forgets = True
    await confirmed(till)
    assert (doubt(till).state, bank.given_back) == (TenderState.RETURN_UNKNOWN, {})
    assert "Банк ответил: «Банк не находит этот перевод»" in trouble(till).what
    assert "кабинете банка" in trouble(till).action
    await till.desk.refunds.name_payment(RRN)
    assert (told(till) != "", returns(shop)) == (True, [])
    await till.desk.refunds.answer_check(True, PART)
    assert (shown(till).stage, returns(shop)) == (RefundStage.HANDING_OUT, [499000])


async def test_another_till_hears_that_it_is_known_by_word_and_gives_it_back(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    folder = tmp_path_factory.mktemp("other")
    async with open_till(shop, folder, clock, terminal=terminal) as other:
        await confirmed(other)
        assert f"со слов кассира ({other.desk.state.cashier.name.rstrip(chr(46))})" in trouble(other).what
        await other.desk.refunds.name_payment(RRN)
        assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])


async def test_what_an_earlier_version_told_of_without_its_operation_goes_back_at_the_till_that_took_it(
    till: Till, shop: Shop, clock: Time, terminal: CardTerminal
) -> None:
    await paid_by_lost_card(till, clock, terminal)
    shop._store.run("UPDATE visits SET body = json_remove(body, '$.tenders[0].operation')")
    await confirmed(till)
    assert "со слов кассира" in trouble(till).what
    await till.desk.refunds.name_payment(RRN)
    assert (list(terminal.given_back.values()), returns(shop)) == ([PART], [499000])


async def honestly_finished(till: Till, terminal: CardTerminal) -> None:
    """A cashier who reads the slips that there are: of the payment, and of a return if one was made."""
    refunds = till.desk.refunds
    for refund in till.desk.state.unfinished_refunds:
        await refunds.resume(refund.id)
    for _ in range(8):
        page = till.desk.state.refund
        if page is None:
            return
        back = page.refund.next_return if page.refund.stage is RefundStage.RETURNING else None
        if page.refund.stage is RefundStage.OPEN:
            await refunds.confirm()
        elif page.refund.stage is RefundStage.HANDING_OUT:
            await refunds.handed_out()
        elif back is not None and back.state is TenderState.RETURN_UNKNOWN and back.approval is not None:
            if back.approval.is_nameless:
                await refunds.name_payment(RRN)
            else:
                made = bool(terminal.given_back)
                await refunds.answer_check(made, back.amount if made else ZERO)
        else:
            await refunds.recheck()
    raise AssertionError(f"cannot be finished: {till.desk.state.refund}")


async def cut_at(number: int | None, folder: Path, words: list[str]) -> tuple[Fuse, CardTerminal, list[int]]:
    clock, fuse, terminal = Time(), Fuse(number), CardTerminal()
    with shop_at(clock) as shop:
        async with open_till(shop, folder, clock, terminal=terminal) as till:
            await paid_by_lost_card(till, clock, terminal)
        terminal.fuse, terminal.does = fuse, list(words)
        async with open_till(shop, folder, clock, fuse=fuse, terminal=terminal) as till:
            with suppress(PowerCutError):
                await confirmed(till)
                await honestly_finished(till, terminal)
        terminal.fuse, terminal.does = None, []
        async with open_till(shop, folder, clock, terminal=terminal) as till:
            await honestly_finished(till, terminal)
            await till.desk.refunds.open(C2C)
            await honestly_finished(till, terminal)
            await deliver(till, clock)
        return fuse, terminal, returns(shop)


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("words", [[], ["lose"], ["drop"], ["decline"]])
async def test_no_cut_gives_back_twice_what_is_known_by_word(words: list[str], tmp_path: Path) -> None:
    whole, *_ = await cut_at(None, made(tmp_path / "whole"), words)
    begins = whole.names.index("before refund claiming")
    for number in places_to_cut(whole.count, first=begins, case=len("".join(words)), stride=9):
        fuse, terminal, receipts = await cut_at(number, made(tmp_path / f"cut{number}"), words)
        assert (len(terminal.given_back), terminal.holds, receipts) == (1, ZERO, [499000]), fuse.names[-1]
