"""A receipt of which neither register nor storage can tell: the cashier's paper does; there is never a second one."""

from pathlib import Path

import pytest

from pos_client.adapters.receipt_json import RegisterSettings, receipt_task
from pos_client.app import Till
from pos_client.domain.money import Money
from pos_client.domain.receipt import FiscalTask, ReceiptKind
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.ports import RefusedError
from pos_client.training.faults import Fault
from pos_client.training.register import Register
from pos_client.training.shop import Shop
from tests.tills import C2C, COINS, Time, deliver, open_till, receipts, replace_register, shop_at, sold

NEW_FN = "9999078900009999"
SILENT = (Fault("register", "refuse", "poll", times=None), Fault("register", "refuse", "queryFnStatus", times=None))


def sale_on(till: Till) -> Sale:
    assert till.desk.state.sale is not None
    return till.desk.state.sale


def latest(till: Till, sale: Sale) -> Sale:
    found = till.outside.journal.find(sale.id)
    assert found is not None
    return found


def task_of(owing: Sale | Refund) -> FiscalTask:
    assert owing.fiscal is not None
    return owing.fiscal


def of(register: Register, kind: str) -> list[int]:
    """Numbers of the documents of a kind that a register has."""
    return [one.fd for one in register.device.storage.all() if one.type == kind]


async def lost(till: Till, shop: Shop, *, registered: bool = True) -> Sale:
    """A sale whose answer is lost, with a register that says no more of it: it is registered all the same, or not."""
    await sold(till, COINS)
    kind = "lose-answer" if registered else "drop"
    shop.faults.set(Fault("register", kind, "sell"))
    # A web server that cannot be asked again does not get the task a second time either.
    shop.faults.set(Fault("register", "refuse", "poll", times=None))
    return await sold(till, C2C)


async def lost_for_good(till: Till, shop: Shop, clock: Time, *, registered: bool = True) -> tuple[Sale, Register]:
    """The same, and then another register stands there."""
    sale = await lost(till, shop, registered=registered)
    old = replace_register(shop, clock)
    shop.faults.lift()
    await till.desk.recheck()
    return latest(till, sale), old


async def test_another_register_prints_nothing_by_itself_and_the_cashier_is_asked(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale, old = await lost_for_good(till, shop, clock)
    for _ in range(3):
        await till.desk.recheck()
    assert (of(shop.register, "sell"), len(of(old, "sell"))) == ([], 2)
    doubt = till.desk.state.receipt_doubt
    assert doubt is not None
    assert (doubt.kind, doubt.total, doubt.corrects) == (ReceiptKind.SALE, Money(499000), False)
    assert doubt.after == of(old, "sell")[-1] - 1
    assert not latest(till, sale).may_be_given_up
    await till.desk.cancel()
    assert latest(till, sale).stage is Stage.FISCALISING


async def test_a_number_from_the_paper_ends_the_sale_with_that_document(till: Till, shop: Shop, clock: Time) -> None:
    sale, old = await lost_for_good(till, shop, clock)
    number = of(old, "sell")[-1]
    await till.desk.receipts.answer(number)
    done = latest(till, sale)
    assert (done.stage, till.desk.state.sale, till.desk.state.receipt_doubt) == (Stage.DONE, None, None)
    assert done.document is not None
    assert (done.document.number, done.document.fn, done.document.total) == (number, task_of(sale).fn, Money(499000))
    assert (done.document.signed_by, done.document.sign) == (done.cashier.name, "")
    [word] = task_of(done).words
    assert (word.number, word.cashier, word.task) == (number, done.cashier.name, task_of(sale).id)
    assert of(shop.register, "sell") == []
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0
    [payment] = shop.payments(C2C)
    told = payment["receipt"]
    assert (told["document_number"], told["signed_by"], "fiscal_sign" in told) == (number, done.cashier.name, False)


async def test_a_signed_no_prints_one_receipt_and_is_kept(till: Till, shop: Shop, clock: Time) -> None:
    sale, old = await lost_for_good(till, shop, clock, registered=False)
    await till.desk.receipts.answer(0)
    done = latest(till, sale)
    assert (done.stage, len(of(old, "sell")), len(of(shop.register, "sell"))) == (Stage.DONE, 1, 1)
    assert done.document is not None
    assert (done.document.fn, done.document.signed_by) == (NEW_FN, "")
    [word] = task_of(done).words
    assert (word.number, word.task) == (0, task_of(sale).id)
    assert task_of(done).id != task_of(sale).id


async def test_a_signed_no_is_used_up_by_one_try(till: Till, shop: Shop, clock: Time) -> None:
    sale, _ = await lost_for_good(till, shop, clock, registered=False)
    shop.register.device.perform({"type": "openShift", "operator": {"name": "Иванова М."}})
    shop.faults.set(Fault("register", "lose-answer", "sell"))
    shop.faults.set(Fault("register", "refuse", "poll", times=None, skip=1))
    await till.desk.receipts.answer(0)
    second = replace_register(shop, clock, "9999078900008888")
    shop.faults.lift()
    for _ in range(3):
        await till.desk.recheck()
    assert (latest(till, sale).stage, len(of(second, "sell")), of(shop.register, "sell")) == (Stage.FISCALISING, 1, [])
    assert till.desk.state.receipt_doubt is not None
    await till.desk.receipts.answer(of(second, "sell")[0])
    assert (latest(till, sale).stage, of(shop.register, "sell")) == (Stage.DONE, [])
    assert [word.number for word in task_of(latest(till, sale)).words] == [0, of(second, "sell")[0]]


@pytest.mark.parametrize("by", [0, -1])
async def test_a_number_of_an_earlier_document_is_not_taken(till: Till, shop: Shop, clock: Time, by: int) -> None:
    sale, old = await lost_for_good(till, shop, clock)
    await till.desk.receipts.answer(of(old, "sell")[-1] - 1 + by)
    assert till.desk.state.notice is not None
    assert "пробит раньше" in till.desk.state.notice.what
    assert (latest(till, sale), till.desk.state.receipt_doubt is not None) == (sale, True)
    await till.desk.receipts.answer(-1)
    assert latest(till, sale) == sale


async def test_what_the_register_says_goes_before_any_word(till: Till, shop: Shop) -> None:
    """It was silent when the cashier was asked, and answers when she says that there is no paper."""
    sale = await lost(till, shop)
    for fault in SILENT:
        shop.faults.set(fault)
    await till.desk.recheck()
    assert till.desk.state.receipt_doubt is not None
    shop.faults.lift()
    await till.desk.receipts.answer(0)
    done = latest(till, sale)
    assert (done.stage, receipts(shop)) == (Stage.DONE, [41160, 499000])
    assert done.document is not None
    assert done.document.signed_by == ""


async def test_a_no_that_is_signed_while_the_register_is_silent_prints_nothing_and_asks_it_first(
    till: Till, shop: Shop
) -> None:
    sale = await lost(till, shop)
    for fault in SILENT:
        shop.faults.set(fault)
    await till.desk.receipts.answer(0)
    stands = latest(till, sale)
    assert (stands.stage, task_of(stands).is_denied, receipts(shop)) == (Stage.FISCALISING, True, [41160, 499000])
    assert stands.trouble is not None
    assert "бумажного чека нет" in stands.trouble.what
    assert till.desk.state.receipt_doubt is not None
    shop.faults.lift()
    await till.desk.recheck()
    assert (latest(till, sale).stage, receipts(shop)) == (Stage.DONE, [41160, 499000])


async def test_a_no_that_is_signed_while_the_register_is_silent_counts_at_the_next_register(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale = await lost(till, shop, registered=False)
    for fault in SILENT:
        shop.faults.set(fault)
    await till.desk.receipts.answer(0)
    replace_register(shop, clock)
    shop.faults.lift()
    await till.desk.recheck()
    assert (latest(till, sale).stage, len(of(shop.register, "sell"))) == (Stage.DONE, 1)


async def test_a_number_that_is_signed_while_the_register_is_silent_lets_the_customer_go(
    till: Till, shop: Shop
) -> None:
    sale = await lost(till, shop)
    for fault in SILENT:
        shop.faults.set(fault)
    await till.desk.recheck()
    await till.desk.receipts.answer(of(shop.register, "sell")[-1])
    assert (latest(till, sale).stage, receipts(shop)) == (Stage.DONE, [41160, 499000])


async def test_a_register_that_knows_that_there_is_none_takes_no_number(till: Till, shop: Shop) -> None:
    sale = await lost(till, shop, registered=False)
    shop.faults.lift()
    await till.desk.receipts.answer(of(shop.register, "sell")[-1] + 100)
    assert till.desk.state.notice is not None
    assert latest(till, sale).stage is Stage.FISCALISING
    await till.desk.recheck()
    assert (latest(till, sale).stage, receipts(shop)) == (Stage.DONE, [41160, 499000])


async def test_a_document_that_names_nobody_is_ours_by_the_number_on_the_paper(till: Till, shop: Shop) -> None:
    sale = await lost(till, shop, registered=False)
    foreign = receipt_task(task_of(sale).receipt, RegisterSettings())
    foreign["items"] = [item for item in foreign["items"] if item["type"] == "position"]
    shop.register.device.perform(foreign)
    shop.faults.lift()
    await till.desk.recheck()
    assert till.desk.state.receipt_doubt is not None
    number = of(shop.register, "sell")[-1]
    await till.desk.receipts.answer(number + 1)
    assert till.desk.state.notice is not None
    assert f"последний — № {number}" in till.desk.state.notice.what
    await till.desk.receipts.answer(number)
    done = latest(till, sale)
    assert done.document is not None
    assert (done.stage, done.document.number, done.document.signed_by) == (Stage.DONE, number, done.cashier.name)
    assert done.document.sign == shop.fiscal_documents()[-1].sign


async def test_nobody_is_asked_while_the_register_is_still_at_it(till: Till, shop: Shop) -> None:
    await sold(till, COINS)
    shop.register.seconds_per_task = 30
    sale = await sold(till, C2C)
    assert (sale.stage, task_of(sale).doubted, till.desk.state.receipt_doubt) == (Stage.FISCALISING, False, None)
    await till.desk.receipts.answer(0)
    assert till.desk.state.notice is not None
    assert "ничего не спрашивают" in till.desk.state.notice.what
    assert receipts(shop) == [41160, 499000]


async def test_the_questions_outlive_a_restart(shop: Shop, clock: Time, tmp_path: Path) -> None:
    async with open_till(shop, tmp_path, clock) as till:
        sale, old = await lost_for_good(till, shop, clock)
    async with open_till(shop, tmp_path, clock) as till:
        [unfinished] = till.desk.state.unfinished
        await till.desk.resume(unfinished.id)
        assert till.desk.state.receipt_doubt is not None
        await till.desk.receipts.answer(of(old, "sell")[-1])
        assert (latest(till, sale).stage, of(shop.register, "sell")) == (Stage.DONE, [])


# ------------------------------------------------------------------------------------------------------------ refunds


@pytest.fixture
async def sold_till(till: Till, clock: Time) -> Till:
    await sold(till, C2C)
    await deliver(till, clock)
    return till


def refund_on(till: Till) -> Refund:
    page = till.desk.state.refund
    assert page is not None
    return page.refund


async def return_lost_for_good(till: Till, shop: Shop, clock: Time, *, registered: bool = True) -> Register:
    shop.faults.set(Fault("register", "lose-answer" if registered else "drop", "sellReturn"))
    shop.faults.set(Fault("register", "refuse", "poll", times=None))
    await till.desk.refunds.open(C2C)
    await till.desk.refunds.confirm()
    old = replace_register(shop, clock)
    shop.faults.lift()
    await till.desk.refunds.recheck()
    return old


async def test_a_return_of_which_nobody_can_tell_is_asked_about(sold_till: Till, shop: Shop, clock: Time) -> None:
    old = await return_lost_for_good(sold_till, shop, clock)
    await sold_till.desk.refunds.recheck()
    doubt = sold_till.desk.state.receipt_doubt
    assert doubt is not None
    assert (doubt.kind, of(shop.register, "sellReturn")) == (ReceiptKind.RETURN, [])
    assert not refund_on(sold_till).may_be_given_up
    await sold_till.desk.receipts.answer(of(old, "sellReturn")[0])
    refund = refund_on(sold_till)
    assert (refund.stage, of(shop.register, "sellReturn")) == (RefundStage.HANDING_OUT, [])
    assert refund.document is not None
    assert refund.document.signed_by == refund.cashier.name
    await sold_till.desk.refunds.handed_out()
    await deliver(sold_till, clock)
    assert sold_till.outside.outbox.summary().count == 0
    held = shop.refund(C2C)
    assert held is not None
    assert held["state"] == "DONE"


async def test_a_return_that_is_signed_for_as_missing_is_printed_once(sold_till: Till, shop: Shop, clock: Time) -> None:
    old = await return_lost_for_good(sold_till, shop, clock, registered=False)
    shop.register.device._store.remember("drawer", str(1_000_000))
    await sold_till.desk.receipts.answer(0)
    assert refund_on(sold_till).stage is RefundStage.HANDING_OUT
    assert (of(old, "sellReturn"), len(of(shop.register, "sellReturn"))) == ([], 1)


# -------------------------------------------------------------------------------------------------------- corrections


@pytest.mark.parametrize(("registered", "paper"), [(True, True), (False, False)])
async def test_a_correction_of_which_nobody_can_tell_is_asked_about(
    till: Till, shop: Shop, clock: Time, *, registered: bool, paper: bool
) -> None:
    shop.faults.set(Fault("register", "other-total", "sell"))
    sale = await sold(till, C2C)
    shop.faults.set(Fault("register", "lose-answer" if registered else "drop", "sellReturnCorrection"))
    shop.faults.set(Fault("register", "refuse", "poll", times=None))
    await till.desk.recheck()
    old = replace_register(shop, clock)
    shop.register.device._store.remember("drawer", str(1_000_000))
    shop.faults.lift()
    await till.desk.recheck()
    doubt = till.desk.state.receipt_doubt
    assert doubt is not None
    assert (doubt.kind, doubt.corrects, of(shop.register, "sellReturnCorrection")) == (ReceiptKind.RETURN, True, [])
    await till.desk.receipts.answer(of(old, "sellReturnCorrection")[0] if paper else 0)
    assert latest(till, sale).stage is Stage.DONE
    assert len(of(old, "sellReturnCorrection")) + len(of(shop.register, "sellReturnCorrection")) == 1
    assert len(of(shop.register, "sellCorrection")) == 1


@pytest.mark.parametrize("paper", [True, False])
async def test_a_correction_by_the_command_line_is_answered_for_there(
    till: Till, shop: Shop, clock: Time, *, paper: bool
) -> None:
    sale = await sold(till, C2C)
    assert sale.document is not None
    wrong, by = sale.document.number, sale.cashier.name
    shop.faults.set(Fault("register", "lose-answer" if paper else "drop", "sellReturnCorrection"))
    shop.faults.set(Fault("register", "refuse", "poll", times=None))
    begun = await till.corrections.correct_sale(wrong, cashier=sale.cashier, undo=True, why="пробит дважды")
    old = replace_register(shop, clock)
    shop.register.device._store.remember("drawer", str(1_000_000))
    shop.faults.lift()
    stuck = await till.corrections.correct_sale(wrong, cashier=sale.cashier, undo=True)
    assert (stuck.id, stuck.is_open, stuck.fiscal is not None and stuck.fiscal.doubted) == (begun.id, True, True)
    with pytest.raises(RefusedError, match="ничего не спрашивают"):
        await till.corrections.testify(wrong + 100, 0, by=by, at=clock())
    done = await till.corrections.testify(
        wrong, of(old, "sellReturnCorrection")[0] if paper else 0, by=by, at=clock(), fn=sale.document.fn
    )
    assert (done.is_open, done.documents[0].signed_by) == (False, by if paper else "")
    assert len(of(old, "sellReturnCorrection")) + len(of(shop.register, "sellReturnCorrection")) == 1
    await deliver(till, clock)
    assert till.outside.outbox.summary().count == 0


async def test_a_document_that_only_its_paper_tells_of_is_not_corrected_here(
    till: Till, shop: Shop, clock: Time
) -> None:
    sale, old = await lost_for_good(till, shop, clock)
    number = of(old, "sell")[-1]
    await till.desk.receipts.answer(number)
    with pytest.raises(RefusedError, match="записан со слов"):
        await till.corrections.correct_sale(number, cashier=sale.cashier, undo=True, why="пробит дважды")


async def test_an_unasked_answer_to_nobody_does_nothing(clock: Time, tmp_path: Path) -> None:
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock) as till:
            await till.desk.receipts.answer(7)
            await till.desk.scanned(C2C)
            await till.desk.receipts.answer(7)
            assert (sale_on(till).stage, receipts(shop)) == (Stage.OPEN, [])
