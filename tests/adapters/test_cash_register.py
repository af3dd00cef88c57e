import asyncio
import json
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from pos_client.adapters.cash_register import AtolRegister, RegisterSettings
from pos_client.adapters.receipt_json import document_in, receipt_task, trouble
from pos_client.adapters.transport import Transport
from pos_client.domain.money import Money
from pos_client.domain.order import LineKind, OrderLine, OrderState, Seller, TenderKind, Vat
from pos_client.domain.receipt import FiscalTask, Receipt, Tender, receipt_for
from pos_client.domain.sale import Cashier
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Agent, AgentSign, Taxation
from pos_client.ports import (
    OtherTotalError,
    OutcomeUnknownError,
    PosError,
    RefusedError,
    Service,
    ShiftState,
    UnavailableError,
)
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import SetClock
from tests.samples import ORDER, cash, live_quote
from tests.samples import visit as earlier

SALE = UUID("72753031-0d6f-4c0e-8a9c-1c7b3b1c0001")
CASHIER = Cashier("Иванова М.", "123654789507")
SETTINGS = RegisterSettings()
AT_HAND_OVER = replace(ORDER, state=OrderState.WAITING)
Json = dict[str, Any]


def receipt(points: int = 0, sale_id: UUID = SALE) -> Receipt:
    quote = live_quote(ORDER, points)
    return receipt_for(ORDER, quote, cash(quote.payable.kopecks), sale_id=sale_id, cashier=CASHIER.name)


def task(after: int | None = None, number: int = 1) -> FiscalTask:
    return FiscalTask(UUID(int=number), receipt(), after=after, sent=True)


async def last_document(register: AtolRegister) -> int:
    return (await register.state()).last_document


def sells(shop: Shop) -> list[str]:
    return [document.order_uuid for document in shop.fiscal_documents() if document.type == "sell"]


# ------------------------------------------------------------------------------------------------------------- golden


def position(name: str, price: float, **changes: object) -> Json:
    return {
        "type": "position",
        "name": f"{name} (заказ 1106153417)",
        "price": price,
        "quantity": 1,
        "amount": price,
        "measurementUnit": "piece",
        "paymentMethod": "fullPayment",
        "paymentObject": "service",
        "tax": {"type": "vat22"},
        **changes,
    }


ATTRIBUTE = {"type": "userAttribute", "name": "orderUuid", "value": str(SALE), "print": False}


def test_a_full_payment_with_points_at_hand_over_is_this_task() -> None:
    quote = live_quote(AT_HAND_OVER, 490)
    made = receipt_for(AT_HAND_OVER, quote, cash(quote.payable.kopecks), sale_id=SALE, cashier=CASHIER.name)
    assert receipt_task(made, SETTINGS) == {
        "type": "sell",
        "electronically": False,
        "ignoreNonFiscalPrintErrors": True,
        "taxationType": "osn",
        "operator": {"name": "Иванова М."},
        "items": [
            position("Доставка", 4010.0),
            position("Упаковка", 300.0),
            position("Подъём на этаж", 190.0),
            ATTRIBUTE,
        ],
        "payments": [{"type": "cash", "sum": 4500.0}],
        "total": 4500.0,
        "postItems": [
            {"type": "text", "text": "Стоимость заказа: 4\xa0990,00\xa0₽", "alignment": "left"},
            {"type": "text", "text": "Списано баллов: 490", "alignment": "left"},
        ],
    }


def test_a_part_of_the_price_is_a_prepayment_at_the_settlement_rate() -> None:
    part = receipt_for(ORDER, live_quote(ORDER), cash(100000), sale_id=SALE, cashier="Иванова М.")
    sent = receipt_task(part, SETTINGS)
    prepaid = {"paymentMethod": "prepayment", "tax": {"type": "vat122"}}
    assert sent["items"][:3] == [
        position("Доставка", 901.8, **prepaid),
        position("Упаковка", 60.12, **prepaid),
        position("Подъём на этаж", 38.08, **prepaid),
    ]
    assert (sent["payments"], sent["total"]) == ([{"type": "cash", "sum": 1000.0}], 1000.0)


def test_the_last_part_offsets_what_was_prepaid_and_puts_cash_last() -> None:
    order = replace(AT_HAND_OVER, visits=(earlier(200000),))
    tenders = (*cash(99000, 100000), Tender(TenderKind.CARD, Money(200000), Money(200000)))
    sent = receipt_task(receipt_for(order, live_quote(order), tenders, sale_id=SALE, cashier="И"), SETTINGS)
    assert sent["payments"] == [
        {"type": "prepaid", "sum": 2000.0},
        {"type": "electronically", "sum": 2000.0},
        {"type": "cash", "sum": 1000.0},
    ]
    assert sent["total"] == 4990.0


def test_goods_of_a_shop_carry_the_agent_and_the_supplier() -> None:
    seller = Seller("ООО «Ромашка»", "7707083893", "+74955550101")
    goods = OrderLine("g", "Чайник", LineKind.GOODS, Money(249900), vat=Vat.NONE, seller=seller)
    order = replace(AT_HAND_OVER, lines=(goods,))
    settings = RegisterSettings(place="ПВЗ MSK548", address="Москва", sender_email="a@b.ru")
    paid = receipt_for(
        order,
        live_quote(order),
        cash(249900),
        sale_id=SALE,
        cashier="Иванова М.",
        cashier_inn="123654789507",
        rules=FiscalRules(taxation=Taxation.SIMPLIFIED_INCOME, agent=Agent(AgentSign.COMMISSION_AGENT)),
    )
    assert receipt_task(replace(paid, contact="+79165550067"), settings) == {
        "type": "sell",
        "electronically": False,
        "ignoreNonFiscalPrintErrors": True,
        "taxationType": "usnIncome",
        "operator": {"name": "Иванова М.", "vatin": "123654789507"},
        "items": [
            position(
                "Чайник",
                2499.0,
                paymentObject="commodity",
                tax={"type": "none"},
                agentInfo={"agents": ["commissionAgent"]},
                supplierInfo={"name": "ООО «Ромашка»", "vatin": "7707083893", "phones": ["+74955550101"]},
            ),
            ATTRIBUTE,
        ],
        "payments": [{"type": "cash", "sum": 2499.0}],
        "total": 2499.0,
        "clientInfo": {"emailOrPhone": "+79165550067"},
        "companyInfo": {"email": "a@b.ru"},
        "paymentsPlace": "ПВЗ MSK548",
        "paymentsAddress": "Москва",
    }


def test_what_a_document_does_not_state_is_stated_as_the_register_is_set() -> None:
    goods = OrderLine("g", "Чайник", LineKind.GOODS, Money(249900), seller=Seller("ООО", "7707083893"))
    order = replace(AT_HAND_OVER, lines=(goods,))
    stated = receipt_for(order, live_quote(order), cash(249900), sale_id=SALE, cashier="Иванова М.")
    silent = replace(stated, taxation=None, lines=tuple(replace(line, agent=None) for line in stated.lines))
    settings = RegisterSettings(taxation=Taxation.PATENT, agent=Agent(AgentSign.ATTORNEY))
    told = [receipt_task(one, settings) for one in (stated, silent)]
    assert [one["taxationType"] for one in told] == ["osn", "patent"]
    assert [one["items"][0]["agentInfo"]["agents"] for one in told] == [["another"], ["attorney"]]


@pytest.mark.parametrize(
    ("vat", "full", "part"),
    [
        (Vat.NONE, "none", "none"),
        (Vat.VAT0, "vat0", "vat0"),
        (Vat.VAT5, "vat5", "vat105"),
        (Vat.VAT7, "vat7", "vat107"),
        (Vat.VAT10, "vat10", "vat110"),
        (Vat.VAT20, "vat20", "vat120"),
        (Vat.VAT22, "vat22", "vat122"),
    ],
)
def test_every_rate_has_its_name_for_the_whole_and_for_a_part(vat: Vat, full: str, part: str) -> None:
    order = replace(AT_HAND_OVER, lines=(replace(ORDER.lines[0], vat=vat),))
    for kopecks, name in ((450000, full), (1000, part)):
        paid = receipt_for(order, live_quote(order), cash(kopecks), sale_id=SALE, cashier="И")
        assert receipt_task(paid, SETTINGS)["items"][0]["tax"] == {"type": name}


def test_kopecks_survive_the_way_into_json() -> None:
    line = replace(ORDER.lines[0], price=Money(33333))
    order = replace(ORDER, lines=(line, replace(ORDER.lines[1], price=Money(7777))))
    paid = receipt_for(order, live_quote(order), cash(41110), sale_id=SALE, cashier="И")
    assert '"price": 333.33' in json.dumps(receipt_task(paid, SETTINGS))
    assert '"total": 411.1' in json.dumps(receipt_task(paid, SETTINGS))


def test_an_answer_becomes_a_document_with_the_code_that_the_driver_would_print() -> None:
    fiscal = {
        "total": 1804.0,
        "fiscalDocumentNumber": 39090,
        "fiscalDocumentDateTime": "2026-01-15T10:33:00+03:00",
        "fiscalDocumentSign": "3635260533",
        "fnNumber": "9999078900001341",
        "shiftNumber": 367,
        "fiscalReceiptNumber": 1,
    }
    document = document_in({"fiscalParams": fiscal, "warnings": {"notPrinted": True}})
    assert document.qr == "t=20260115T1033&s=1804.00&fn=9999078900001341&i=39090&fp=3635260533&n=1"
    assert (document.at, document.printed) == (datetime(2026, 1, 15, 7, 33, tzinfo=UTC), False)
    assert document_in({"fiscalParams": {**fiscal, "qr": "t=own"}}).qr == "t=own"
    for name in ("total", "fiscalDocumentNumber", "fiscalDocumentSign", "fnNumber", "fiscalDocumentDateTime"):
        with pytest.raises(ValueError, match=r"fiscalParams|not a sum|isoformat"):
            document_in({"fiscalParams": {key: value for key, value in fiscal.items() if key != name}})


@pytest.mark.parametrize(
    "code", [1, 2, 8, 16, 44, 45, 46, 52, 55, 66, 68, 73, 80, 89, 118, 121, 141, 227, 241, 501, 999]
)
def test_every_code_of_the_driver_says_what_to_do_next(code: int) -> None:
    said = trouble(code, "описание")
    assert all(astuple(said))
    assert "у вас" not in said.money, "a card's money never is"


# ------------------------------------------------------------------------------------------------------- state, shift


async def test_the_register_tells_its_state(register: AtolRegister, shop: Shop) -> None:
    state = await register.state()
    assert (state.shift, state.fn, state.paper, state.cover_closed) == (
        ShiftState.CLOSED,
        "9999078900001341",
        True,
        True,
    )
    assert (state.unsent, state.unsent_since) == (0, None)
    await register.open_shift(CASHIER, uuid4())
    opened = await register.state()
    assert (opened.shift, opened.shift_number) == (ShiftState.OPEN, state.shift_number + 1)
    assert opened.last_document == shop.fiscal_documents()[-1].fd


async def test_the_register_tells_since_when_its_shift_is_open(
    register: AtolRegister, shop: Shop, clock: SetClock
) -> None:
    assert (await register.state()).shift_since is None
    await register.open_shift(CASHIER, uuid4())
    since = (await register.state()).shift_since
    assert since is not None
    assert abs(since - shop.fiscal_documents()[-1].at) <= timedelta(seconds=1)
    clock.advance(timedelta(hours=25))
    assert (await register.state()).shift_since == since


async def test_a_shift_that_is_open_already_is_success(register: AtolRegister, shop: Shop) -> None:
    await register.open_shift(CASHIER, uuid4())
    await register.open_shift(CASHIER, uuid4())
    assert [document.type for document in shop.fiscal_documents()] == ["openShift"]


async def test_a_shift_that_is_too_old_has_to_be_closed_first(register: AtolRegister, clock: SetClock) -> None:
    await register.open_shift(CASHIER, uuid4())
    clock.advance(timedelta(hours=25))
    assert (await register.state()).shift is ShiftState.EXPIRED
    with pytest.raises(RefusedError) as caught:
        await register.open_shift(CASHIER, uuid4())
    assert "Z-отчёт" in caught.value.trouble.action
    with pytest.raises(RefusedError) as refused:
        await register.print_receipt(task())
    assert "24 часов" in refused.value.trouble.what


async def test_a_slip_of_the_terminal_is_printed_line_by_line(register: AtolRegister, shop: Shop) -> None:
    await register.print_text(("СВЕРКА ИТОГОВ", "Итого (Руб): 250.00"), uuid4())
    assert shop.register.device.printed == [("СВЕРКА ИТОГОВ", "Итого (Руб): 250.00")]


async def test_a_slip_that_is_not_on_paper_is_said_to_be_missing(register: AtolRegister, shop: Shop) -> None:
    shop.faults.set(Fault("register", "paper-out", operation="nonFiscal"))
    with pytest.raises(RefusedError) as caught:
        await register.print_text(("СВЕРКА ИТОГОВ",), uuid4())
    assert "бумага" in caught.value.trouble.what
    assert shop.register.device.printed == []


async def test_a_slip_whose_answer_is_lost_is_printed_once(register: AtolRegister, shop: Shop) -> None:
    shop.faults.set(Fault("register", "lose-answer", operation="nonFiscal"))
    await register.print_text(("СВЕРКА ИТОГОВ",), uuid4())
    assert len(shop.register.device.printed) == 1


@pytest.mark.parametrize("kind", ["refuse", "hang", "drop", "http-500", "http-503", "malformed-json", "no-connection"])
async def test_a_register_that_does_not_answer_has_no_state(register: AtolRegister, shop: Shop, kind: str) -> None:
    shop.faults.set(Fault("register", kind, times=None))
    with pytest.raises(UnavailableError):
        await register.state()


@pytest.mark.parametrize("kind", ["strings", "extra-fields", "numeric-ids"])
async def test_the_registers_answers_in_other_types_read_the_same(
    register: AtolRegister, shop: Shop, kind: str
) -> None:
    usual = await register.state()
    shop.faults.set(Fault("register", kind, times=None))
    assert await register.state() == usual
    assert (await register.print_receipt(task())).total == Money(499000)


# ------------------------------------------------------------------------------------------------------------ receipts


async def test_a_receipt_is_registered_with_the_sales_id_in_it(register: AtolRegister, shop: Shop) -> None:
    document = await register.print_receipt(task())
    (stored,) = [each for each in shop.fiscal_documents() if each.type == "sell"]
    assert (document.number, document.sign, document.total) == (stored.fd, stored.sign, Money(499000))
    assert (document.qr, stored.order_uuid, document.printed) == (stored.qr, str(SALE), True)


async def test_printing_the_same_task_again_gives_the_same_document(register: AtolRegister, shop: Shop) -> None:
    first = await register.print_receipt(task())
    assert await register.print_receipt(task()) == first
    assert await register.find_document(task()) == first
    assert len(sells(shop)) == 1


@pytest.mark.parametrize("operation", ["sell", "poll"])
@pytest.mark.parametrize("kind", ["lose-answer", "hang", "drop", "http-500", "malformed-json"])
async def test_a_lost_answer_is_asked_for_and_never_printed_twice(
    register: AtolRegister, shop: Shop, operation: str, kind: str
) -> None:
    shop.faults.set(Fault("register", kind, operation=operation))
    assert (await register.print_receipt(task())).total == Money(499000)
    assert len(sells(shop)) == 1


async def test_a_lost_answer_and_silence_after_it_are_unknown_and_found_later(
    register: AtolRegister, shop: Shop
) -> None:
    after = await last_document(register)
    shop.faults.set(Fault("register", "lose-answer", operation="sell"))
    shop.faults.set(Fault("register", "refuse", operation="poll", times=None))
    with pytest.raises(OutcomeUnknownError):
        await register.print_receipt(task(after))
    with pytest.raises(UnavailableError):
        await register.find_document(task(after))
    shop.faults.lift()
    found = await register.find_document(task(after))
    assert found is not None
    assert found.total == Money(499000)
    assert len(sells(shop)) == 1


@pytest.mark.parametrize("kind", ["unauthorized-401", "forbidden-403", "protocol-400", "http-429", "malformed-json"])
async def test_no_answer_to_a_poll_ever_means_that_nothing_was_registered(
    register: AtolRegister, shop: Shop, kind: str
) -> None:
    after = await last_document(register)
    shop.faults.set(Fault("register", kind, operation="poll", times=None))
    with pytest.raises(OutcomeUnknownError):
        await register.print_receipt(task(after))
    shop.faults.lift()
    assert await register.find_document(task(after)) is not None
    assert len(sells(shop)) == 1


async def test_a_task_that_never_arrived_has_no_document(register: AtolRegister, shop: Shop) -> None:
    after = await last_document(register)
    shop.faults.set(Fault("register", "refuse", operation="sell"))
    with pytest.raises(UnavailableError):
        await register.print_receipt(task(after))
    assert await register.find_document(task(after)) is None
    assert sells(shop) == []


@pytest.mark.parametrize(
    ("kind", "words"),
    [("paper-out", "бумага"), ("cover-open", "крышка"), ("busy", "занята"), ("no-connection", "Нет связи")],
)
async def test_a_refusal_is_told_and_the_next_try_prints_once(
    register: AtolRegister, shop: Shop, kind: str, words: str
) -> None:
    after = await last_document(register)
    shop.faults.set(Fault("register", kind, operation="sell"))
    with pytest.raises(RefusedError) as caught:
        await register.print_receipt(task(after))
    assert words in caught.value.trouble.what
    assert await register.find_document(task(after)) is None
    document = await register.print_receipt(task(after))
    assert await register.find_document(task(after)) == document
    assert len(sells(shop)) == 1


async def test_a_document_that_was_not_printed_is_registered_all_the_same(register: AtolRegister, shop: Shop) -> None:
    shop.faults.set(Fault("register", "not-printed", operation="sell"))
    document = await register.print_receipt(task())
    assert not document.printed
    assert len(sells(shop)) == 1


async def test_a_slow_register_is_waited_for(shop: Shop, register: AtolRegister) -> None:
    shop.register.seconds_per_task = 0.15
    assert (await register.print_receipt(task())).total == Money(499000)


async def test_a_register_that_is_too_slow_leaves_the_receipt_unknown(shop: Shop, register: AtolRegister) -> None:
    shop.register.seconds_per_task = 0.9
    after = await last_document(register)
    with pytest.raises(OutcomeUnknownError):
        await register.print_receipt(task(after))
    with pytest.raises(OutcomeUnknownError):
        await register.find_document(task(after))


@pytest.mark.parametrize("operation", ["sell", "poll"])
@pytest.mark.parametrize(
    "kind", ["lose-answer", "hang", "drop", "refuse", "http-500", "http-503", "http-429", "malformed-json"]
)
async def test_whatever_fails_there_is_never_more_than_one_document(
    register: AtolRegister, shop: Shop, operation: str, kind: str
) -> None:
    after = await last_document(register)
    shop.faults.set(Fault("register", kind, operation=operation, times=2))
    document = None
    for _ in range(4):
        try:
            document = await register.find_document(task(after)) or await register.print_receipt(task(after))
        except PosError:
            continue
    assert document is not None
    assert len(sells(shop)) == 1


# ----------------------------------------------------------------------------------- a web server that forgot its uuids


class Forgetful(httpx.AsyncBaseTransport):
    """A register whose web server lost what it knew of a task; the fiscal storage did not."""

    def __init__(self, shop: Shop, forgotten: UUID) -> None:
        self._inner = shop.transport()
        self._forgotten = str(forgotten)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self._forgotten):
            return httpx.Response(404)
        return await self._inner.handle_async_request(request)


async def found_without_uuid(shop: Shop, wanted: FiscalTask) -> object:
    settings = RegisterSettings(print_deadline=0.3, poll_every=0.01)
    async with Transport(Service.REGISTER, "http://shop", inner=Forgetful(shop, wanted.id)) as transport:
        return await AtolRegister(transport, settings).find_document(wanted)


@pytest.mark.parametrize("knows_after", [True, False])
async def test_a_document_is_found_in_the_storage_by_the_sales_id(
    register: AtolRegister, shop: Shop, *, knows_after: bool
) -> None:
    await register.open_shift(CASHIER, uuid4())
    after = await last_document(register) if knows_after else None
    document = await register.print_receipt(task(after))
    await register.print_receipt(FiscalTask(uuid4(), receipt(sale_id=uuid4())))
    assert await found_without_uuid(shop, task(after)) == document


async def test_documents_of_other_sales_of_the_same_sum_are_not_ours(register: AtolRegister, shop: Shop) -> None:
    after = await last_document(register)
    await register.print_receipt(FiscalTask(uuid4(), receipt(sale_id=uuid4())))
    assert await found_without_uuid(shop, task(after)) is None


async def test_a_document_of_our_sum_that_names_no_sale_is_for_a_person_to_judge(
    register: AtolRegister, shop: Shop
) -> None:
    after = await last_document(register)
    foreign = receipt_task(receipt(), SETTINGS)
    foreign["items"] = [item for item in foreign["items"] if item["type"] == "position"]
    async with httpx.AsyncClient(transport=shop.transport(), base_url="http://shop") as client:
        await client.post("/api/v2/requests", json={"uuid": str(uuid4()), "request": [foreign]})
    with pytest.raises(OutcomeUnknownError) as caught:
        await found_without_uuid(shop, task(after))
    assert "второй чек не пробивайте" in caught.value.trouble.action


async def test_another_total_than_ours_is_never_taken_for_ours(register: AtolRegister) -> None:
    await register.print_receipt(task())
    other = FiscalTask(task().id, receipt(490), after=0, sent=True)
    for ask in (register.print_receipt, register.find_document):
        with pytest.raises(OtherTotalError) as caught:
            await ask(other)
        assert "должна была" in caught.value.trouble.what
        assert caught.value.registered is not None
        assert caught.value.registered.receipt.total == caught.value.registered.document.total == Money(499000)


async def test_our_document_with_another_total_is_found_in_the_storage_and_stops_everything(
    register: AtolRegister, shop: Shop
) -> None:
    after = await last_document(register)
    await register.print_receipt(task())
    other = FiscalTask(uuid4(), receipt(490), after=after, sent=True)
    with pytest.raises(OtherTotalError) as caught:
        await found_without_uuid(shop, other)
    assert caught.value.trouble.what == f"Касса пробила чек на {Money(499000)}, а должна была на {Money(450000)}."
    assert caught.value.registered is not None
    assert caught.value.registered.document.number == await last_document(register)
    assert caught.value.registered.receipt.lines == task().receipt.lines


async def test_a_document_that_cannot_be_read_is_named_wrong_all_the_same(register: AtolRegister, shop: Shop) -> None:
    await register.print_receipt(task())
    shop.faults.set(Fault("register", "no-connection", "getFnDocument"))
    with pytest.raises(OtherTotalError) as caught:
        await register.find_document(FiscalTask(task().id, receipt(490), after=0, sent=True))
    assert caught.value.registered is None
    assert "прочтёт его снова" in caught.value.trouble.action


async def test_a_register_that_counts_otherwise_closes_nothing_and_our_total_is_named() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(201)
        error = {"code": 227, "description": "Неверный итог чека"}
        return httpx.Response(200, json={"results": [{"status": "error", "error": error, "result": None}]})

    async with Transport(Service.REGISTER, "http://x", inner=httpx.MockTransport(answer)) as transport:
        with pytest.raises(RefusedError) as caught:
            await AtolRegister(transport, SETTINGS).print_receipt(task())
    assert str(Money(499000)) in caught.value.trouble.what
    assert "не пробит" in caught.value.trouble.what


@pytest.mark.parametrize("storage_answers", [True, False])
async def test_an_interrupted_task_is_judged_by_the_storage_and_never_called_refused(*, storage_answers: bool) -> None:
    """The web server says only that it was interrupted; the storage shows no new document, or nothing at all."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith(str(UUID(int=1))):
            results = [{"status": "interrupted", "error": {"code": 502, "description": ""}, "result": None}]
            return httpx.Response(200, json={"results": results})
        if request.method == "GET":
            return httpx.Response(404)
        if request.url.path.endswith(("queryFnStatus", "queryFnInfo")):
            told = {"fnStatus": {"fiscalDocumentNumber": 7}, "fnInfo": {"serial": "9999078900001341"}}
            return httpx.Response(200 if storage_answers else 503, json=told)
        return httpx.Response(201)

    settings = RegisterSettings(print_deadline=0.1, poll_every=0.01)
    async with Transport(Service.REGISTER, "http://x", inner=httpx.MockTransport(answer)) as transport:
        register = AtolRegister(transport, settings)
        if storage_answers:
            assert await register.find_document(task(after=7)) is None
        else:
            with pytest.raises(UnavailableError):
                await register.find_document(task(after=7))
        with pytest.raises(OutcomeUnknownError):
            await register.print_receipt(task(after=7))


@pytest.mark.parametrize("second", [400, 403, 503])
async def test_a_no_to_the_second_try_is_no_answer_to_the_first(second: int) -> None:
    posts = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal posts
        if request.method == "GET":
            return httpx.Response(404)
        posts += 1
        return httpx.Response(201 if posts == 1 else second, json={"error": {"code": 501, "description": ""}})

    settings = RegisterSettings(print_deadline=0.1, poll_every=0.01)
    async with Transport(Service.REGISTER, "http://x", inner=httpx.MockTransport(answer)) as transport:
        with pytest.raises(OutcomeUnknownError):
            await AtolRegister(transport, settings).print_receipt(task())


async def test_two_calls_at_once_for_one_task_register_it_once(register: AtolRegister, shop: Shop) -> None:
    first, second = await asyncio.gather(register.print_receipt(task()), register.print_receipt(task()))
    assert first == second
    assert len(sells(shop)) == 1
