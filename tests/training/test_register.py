import re
import uuid
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest

from pos_client.training.faults import Fault
from pos_client.training.receipt_rules import DeviceError, read_receipt
from pos_client.training.shop import Shop
from tests.training.till import Json, SetClock, Till, sell_task

OPERATOR = {"operator": {"name": "Иванова М."}}


def with_item(**changed: object) -> Json:
    task = deepcopy(sell_task())
    task["items"][0] |= changed
    return task


def with_supplier(agent: Json | None = None, **changed: object) -> Json:
    return with_item(
        agentInfo={"agents": ["payingAgent"], **(agent or {})},
        supplierInfo={"vatin": "7707083893", "name": "ООО", "phones": ["+74950000000"], **changed},
    )


def with_mark(**changed: object) -> Json:
    task = deepcopy(sell_task())
    task["items"][1] |= changed
    return task


def without(name: str) -> Json:
    return {key: value for key, value in sell_task().items() if key != name}


def positions(count: int) -> Json:
    return sell_task(items=sell_task()["items"][:1] * count, payments=[{"type": "cash", "sum": 305 * count}]) | {
        "total": 305 * count
    }


def correction(kind: str, *, sign: str = "3635260533", **changed: object) -> Json:
    basis = {"type": kind, "correctionType": "self", "correctionBaseDate": "2026.01.15", "correctionBaseNumber": " "}
    items = [{"type": "additionalAttribute", "value": sign}, *sell_task()["items"]]
    return sell_task(items=items) | basis | changed


async def test_a_sale_is_a_fiscal_document_with_everything_the_till_needs(till: Till, shop: Shop) -> None:
    result = (await till.perform(sell_task()))["result"]
    params = result["fiscalParams"]
    assert result["warnings"] == {"shiftAutoOpened": True}
    assert (params["total"], params["shiftNumber"], params["fiscalReceiptNumber"]) == (305.0, 118, 1)
    assert params["fnNumber"] == "9999078900001341"
    assert params["fiscalDocumentDateTime"] == "2026-11-21T12:00:00+03:00"
    assert re.fullmatch(r"\d{10}", params["fiscalDocumentSign"])
    document = shop.fiscal_documents()[-1]
    assert document.fd == params["fiscalDocumentNumber"]
    assert document.order_uuid == "sale-1"
    assert document.qr == (
        f"t=20261121T1200&s=305.00&fn=9999078900001341&i={document.fd}&fp={params['fiscalDocumentSign']}&n=1"
    )


async def test_a_known_uuid_is_409_and_runs_once(till: Till, shop: Shop) -> None:
    job = str(uuid.uuid4())
    assert (await till.submit(sell_task(), job=job)).status_code == 201
    assert (await till.submit(sell_task(), job=job)).status_code == 409
    assert [one.type for one in shop.fiscal_documents()] == ["openShift", "sell"]


async def test_an_unknown_uuid_is_404_and_nonsense_400(till: Till) -> None:
    assert (await till.http.get(f"/api/v2/requests/{uuid.uuid4()}")).status_code == 404
    assert (await till.http.post("/api/v2/requests", json={"uuid": "x", "request": []})).status_code == 400
    assert (await till.submit()).status_code == 400


async def test_numbers_of_documents_never_repeat(till: Till, shop: Shop, tmp_path: Path, clock: SetClock) -> None:
    await till.perform(sell_task())
    last = shop.fiscal_documents()[-1].fd
    shop.reset()
    await till.perform(sell_task())
    assert shop.fiscal_documents()[0].fd == last + 1
    numbers = []
    for _ in range(2):
        restarted = Shop(tmp_path / "shop.sqlite3", clock=clock)
        restarted.register.device.perform(sell_task())
        numbers = [one.fd for one in restarted.fiscal_documents()]
        restarted.close()
    assert len(numbers) == len(set(numbers)) == 3


@pytest.mark.parametrize(
    ("task", "code", "words"),
    [
        (with_item(price="305.00"), 501, "items[0].price имеет неверный тип (ожидается number)"),
        (sell_task(total="305.00"), 501, "total имеет неверный тип"),
        (sell_task(payments=[{"type": "cash", "sum": "305"}]), 501, "payments[0].sum имеет неверный тип"),
        (sell_task(payments=[{"type": "points", "sum": 305.0}]), 501, "payments[0].type"),
        (with_item(tax={"type": "vat18"}), 501, "items[0].tax.type"),
        (with_item(paymentMethod="later"), 501, "items[0].paymentMethod"),
        (with_item(paymentObject="thing"), 501, "items[0].paymentObject"),
        (with_item(name=""), 501, "items[0].name"),
        (sell_task(items=[]), 501, "items"),
        ({"type": "sell", **OPERATOR}, 501, "items"),
        ({"type": "dance"}, 501, "type"),
        (with_item(price=152.5), 16, "цена"),
        (with_item(amount=305.001), 16, "доли копейки"),
        (sell_task(total=304.0), 227, "итог"),
        (sell_task(payments=[{"type": "cash", "sum": 304.99}]), 66, "не полностью"),
        (sell_task(payments=[{"type": "electronically", "sum": 306.0}]), 52, "превышает"),
        ({key: value for key, value in sell_task().items() if key != "operator"}, 172, "оператор"),
        (with_item(agentInfo={"agents": ["another"]}), 161, "ИНН"),
        (with_item(agentInfo={"agents": ["payingAgent"]}, supplierInfo={"vatin": "7707083893"}), 161, "телефоны"),
        (with_item(agentInfo={"agents": ["friend"]}), 501, "agentInfo.agents"),
        (sell_task(type="sellReturn", payments=[{"type": "cash", "sum": 305.0}]), 80, "недостаточно"),
        (sell_task(payments=[]), 501, "payments[]"),
        (sell_task(payments=[{"type": "cash", "sum": 5}, {"type": "prepaid", "sum": 300}]), 501, "после наличной"),
        (with_item(name="Я" * 129), 501, "items[0].name"),
        (positions(101), 501, "больше 100"),
        (sell_task(postItems=[{"type": "text", "text": "Я" * 27500}]), 501, "32768"),
        (sell_task(postItems=[{"type": "barcode", "barcode": "Я" * 401}]), 501, "postItems[0].barcode"),
        (sell_task(postItems=[{"type": "text"}]), 501, "postItems[0].text"),
        (sell_task(electronically="yes"), 501, "electronically"),
        (sell_task(electronically=True), 161, "emailOrPhone"),
        (sell_task(clientInfo={"emailOrPhone": "Анна"}), 501, "clientInfo.emailOrPhone"),
        (sell_task(clientInfo="Анна"), 501, "clientInfo"),
        (sell_task(companyInfo={"email": "Анна"}), 501, "companyInfo.email"),
        (sell_task(paymentsPlace="Я" * 257), 501, "paymentsPlace"),
        (sell_task(operator={"name": "Я" * 65}), 501, "operator.name"),
        (sell_task(operator={"name": "Я", "vatin": "7707083893"}), 501, "operator.vatin"),
        (with_supplier(vatin="12345"), 501, "supplierInfo.vatin"),
        (with_supplier(name="Я" * 241), 501, "supplierInfo.name"),
        (with_supplier(phones=["звоните"]), 501, "supplierInfo.phones"),
        (with_supplier({"payingAgent": {"operation": "Я" * 25}}), 501, "payingAgent.operation"),
        (correction("sellCorrection", correctionType="mistake"), 501, "correctionType"),
        (correction("sellCorrection", correctionBaseDate="2026.02.31"), 501, "correctionBaseDate"),
        (correction("sellCorrection", correctionBaseDate="2026.2.3"), 501, "correctionBaseDate"),
        (correction("sell"), 501, "Неизвестное поле correction"),
        (without("taxationType"), 501, "taxationType"),
        (without("total"), 501, "total"),
        (sell_task(paymentPlace="ПВЗ"), 501, "Неизвестное поле paymentPlace"),
        (sell_task(taxationType="envd"), 501, "taxationType"),
        (sell_task(ignoreNonFiscalPrintErrors="yes"), 501, "ignoreNonFiscalPrintErrors"),
        (sell_task(operationInfo={"id": "1"}), 501, "operationInfo.id"),
        (sell_task(operationInfo={"dateTime": "2026.02.29 10:00:00"}), 501, "operationInfo.dateTime"),
        (sell_task(customParameters=[{"id": 1, "value": 2}]), 501, "customParameters[0].value"),
        (sell_task(clientInfo={"phone": "+79165550067"}), 501, "Неизвестное поле clientInfo.phone"),
        (sell_task(agentInfo={"agents": ["another"]}), 501, "Неизвестное поле agentInfo"),
        (sell_task(payments=[{"type": "cash", "sum": 305, "change": 1}]), 501, "Неизвестное поле payments[0].change"),
        (sell_task(payments={"type": "cash", "sum": 305}), 501, "payments имеет неверный тип (ожидается array)"),
        (sell_task(postItems=[{"type": "text", "text": "x", "alignment": "up"}]), 501, "postItems[0].alignment"),
        (sell_task(postItems=[{"type": "position"}]), 501, "postItems[0].type"),
        (with_item(measurementUnit=["piece"]), 501, "items[0].measurementUnit"),
        (with_item(measurementUnit="banana"), 501, "items[0].measurementUnit"),
        (with_item(measurementUnit=7), 501, "items[0].measurementUnit"),
        (with_item(measurementUnit=True), 501, "items[0].measurementUnit"),
        (with_item(tax={"type": "vat22", "sum": "1"}), 501, "items[0].tax.sum"),
        (with_item(tax="vat22"), 501, "items[0].tax"),
        (with_item(colour="red"), 501, "Неизвестное поле items[0].colour"),
        (with_item(name="Кружка\tбелая"), 501, "items[0].name"),
        (with_item(quantity=0), 16, "цена"),
        (with_item(supplierInfo={"vatin": "7707083893"}), 167, "без признака агента"),
        (with_supplier({"agents": ["another"], "payingAgent": {"phones": ["+74950000000"]}}), 167, "платёжного агента"),
        (with_supplier({"payingAgent": {"phones": "+74950000000"}}), 501, "payingAgent.phones"),
        (with_supplier(phones="+74950000000"), 501, "supplierInfo.phones"),
        (with_mark(print="no"), 501, "items[1].print"),
        (with_mark(value="Я" * 235), 501, "items[1].value"),
        (with_item(paymentMethod="prepayment"), 144, "vat22 не для prepayment"),
        (with_item(tax={"type": "vat122"}), 144, "vat122 не для fullPayment"),
        (with_item(paymentMethod="creditPayment"), 217, "service не для creditPayment"),
        (with_item(paymentObject="payment"), 217, "payment не для fullPayment"),
        (
            with_item(paymentMethod="prepayment", tax={"type": "vat122"})
            | {"payments": [{"type": "prepaid", "sum": 305}]},
            195,
            "зачёт предоплаты",
        ),
        (sell_task(payments=[{"type": "credit", "sum": 305.0}]), 195, "без передачи в кредит"),
        (with_item(paymentMethod="partialPayment"), 195, "без суммы кредита"),
        (
            with_item(paymentMethod="credit")
            | {"payments": [{"type": "credit", "sum": 5}, {"type": "cash", "sum": 300}]},
            195,
            "ничего не принимает",
        ),
        ({"type": "nonFiscal", "items": [{"type": "text", "text": "x", "colour": "red"}]}, 501, "items[0].colour"),
        (correction("sellCorrection", correctionBaseDate="15.01.2026"), 501, "correctionBaseDate"),
        (correction("sellCorrection", correctionBaseDate=""), 501, "correctionBaseDate"),
        (correction("sellCorrection", items=sell_task()["items"]), 161, "additionalAttribute"),
        (correction("sellCorrection", sign="12345678901234567"), 501, "items[0].value"),
        ({"type": "closeShift", **OPERATOR}, 73, "закрытой"),
        ({"type": "getFnDocument", "fiscalDocumentNumber": 7}, 123, "не найден"),
    ],
)
async def test_what_the_driver_refuses_leaves_no_document(
    till: Till, shop: Shop, task: Json, code: int, words: str
) -> None:
    shop._store.remember("drawer", "0")
    result = await till.perform(task)
    assert (result["status"], result["error"]["code"]) == ("error", code)
    assert words in result["error"]["description"]
    assert shop.fiscal_documents() == []


@pytest.mark.parametrize(
    "task",
    [
        with_item(agentInfo={"agents": ["another"]}, supplierInfo={"vatin": "7707083893"}),
        with_item(price=0, amount=0) | {"total": 0, "payments": [{"type": "other", "sum": 0}]},
        with_item(quantity=3, price=101.67, amount=305.01)
        | {"total": 305.01, "payments": [{"type": "cash", "sum": 400}]},
        sell_task(payments=[{"type": "electronically", "sum": 300.0}, {"type": "cash", "sum": 10.0}]),
        with_item(paymentMethod="partialPayment")
        | {"payments": [{"type": "credit", "sum": 205.0}, {"type": "cash", "sum": 100.0}]},
        with_item(paymentMethod="credit") | {"payments": [{"type": "credit", "sum": 305.0}]},
        with_item(paymentMethod="partialPayment") | {"type": "sellReturn"},
        with_item(paymentMethod="creditPayment", paymentObject="payment"),
        with_item(paymentMethod="prepayment", tax={"type": "vat122"}),
        with_item(paymentMethod="fullPrepayment", tax={"type": "none"}),
        with_item(paymentMethod="advance", paymentObject="payment", tax={"type": "vat110"}),
        with_item(measurementUnit=0, infoDiscountAmount=45.0, additionalAttribute="место 3"),
        sell_task(payments=[{"type": "prepaid", "sum": 205.0}, {"type": "cash", "sum": 100.0}]),
        sell_task(operationInfo={"id": 0, "data": "x", "dateTime": "2026.02.28 23:59:59"}),
        sell_task(electronically=True, clientInfo={"emailOrPhone": "+79165550067"}),
        sell_task(electronically=True, clientInfo={"emailOrPhone": "+79165550067"}, companyInfo={"email": "a@b.ru"}),
        sell_task(
            postItems=[
                {"type": "barcode", "barcode": "Я" * 400, "barcodeType": "QR", "scale": 4},
                {"type": "text", "text": "Спасибо", "alignment": "center", "doubleWidth": True},
            ]
        ),
        with_item(name="Я" * 128),
        positions(100),
        correction("sellReturnCorrection"),
        correction("sellCorrection", correctionType="instruction", correctionBaseNumber="12-34"),
    ],
)
async def test_what_the_driver_accepts_becomes_a_document(till: Till, task: Json) -> None:
    assert (await till.perform(task))["status"] == "ready"


async def test_change_does_not_stay_in_the_drawer(till: Till, shop: Shop) -> None:
    before = shop.register.device.drawer()
    await till.perform(sell_task(payments=[{"type": "cash", "sum": 1000.0}]))
    await till.perform(sell_task(type="sellReturn"))
    assert (await till.perform({"type": "cashIn", "cashSum": 10.5}))["result"]["counters"]["cashSum"] == 5010.5
    assert shop.register.device.drawer() == before + 1050


async def test_a_shift_lives_24_hours(till: Till, clock: SetClock) -> None:
    assert (await till.perform({"type": "openShift", **OPERATOR}))["status"] == "ready"
    assert (await till.perform({"type": "openShift", **OPERATOR}))["error"]["code"] == 83
    clock.advance(timedelta(hours=24))
    assert (await till.perform(sell_task()))["error"]["code"] == 68
    status = (await till.http.post("/api/v2/operations/queryShiftStatus", json={})).json()["shiftStatus"]
    assert (status["number"], status["state"]) == (118, "expired")
    assert (await till.perform({"type": "closeShift", **OPERATOR}))["status"] == "ready"
    assert (await till.perform(sell_task()))["result"]["fiscalParams"]["shiftNumber"] == 119


async def test_our_document_can_be_recognised_after_a_lost_answer(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "lose-answer", "sell"))
    job = str(uuid.uuid4())
    with pytest.raises(Exception, match="after the call was executed"):
        await till.submit(sell_task(), job=job)
    assert (await till.http.get(f"/api/v2/requests/{job}")).json()["results"][0]["status"] == "ready"
    last = (await till.perform({"type": "getFnStatus"}))["result"]["fnStatus"]["fiscalDocumentNumber"]
    found = (await till.perform({"type": "getFnDocument", "fiscalDocumentNumber": last}))["result"]["documentTLV"]
    assert found["1084"] == {"1085": "saleUuid", "1086": "sale-1"}
    assert (found["1020"], found["1054"], found["1031"], found["1081"]) == (305.0, 1, 305.0, 0.0)
    assert found["qr"] == shop.fiscal_documents()[-1].qr


async def test_after_an_error_the_rest_of_a_request_is_interrupted(till: Till) -> None:
    job = str(uuid.uuid4())
    await till.submit({"type": "reportX", **OPERATOR}, {"type": "dance"}, sell_task(), job=job)
    results = (await till.http.get(f"/api/v2/requests/{job}")).json()["results"]
    assert [one["status"] for one in results] == ["ready", "error", "interrupted"]


async def test_a_slow_device_does_one_task_at_a_time(till: Till, shop: Shop) -> None:
    shop.register.seconds_per_task = 3600
    jobs = [str(uuid.uuid4()) for _ in range(2)]
    for job in jobs:
        await till.submit(sell_task(), job=job)
    states = [(await till.http.get(f"/api/v2/requests/{job}")).json()["results"][0]["status"] for job in jobs]
    assert states == ["inProgress", "wait"]


@pytest.mark.parametrize(("kind", "code"), [("no-connection", 2), ("paper-out", 44), ("cover-open", 45), ("busy", 55)])
async def test_a_device_that_cannot_work_writes_nothing(till: Till, shop: Shop, kind: str, code: int) -> None:
    shop.faults.set(Fault("register", kind, "sell"))
    assert (await till.perform(sell_task()))["error"]["code"] == code
    assert shop.fiscal_documents() == []
    assert (await till.perform(sell_task()))["status"] == "ready"


async def test_a_receipt_that_was_not_printed_is_still_fiscal(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "not-printed", "sell"))
    result = await till.perform(sell_task())
    assert result["status"] == "ready"
    assert result["result"]["warnings"]["notPrinted"] is True
    assert shop.fiscal_documents()[-1].printed is False
    await till.perform({"type": "continuePrint"})
    assert shop.fiscal_documents()[-1].printed is True


async def test_a_document_may_be_written_although_the_answer_is_an_error(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "recorded-error", "sell"))
    result = await till.perform(sell_task())
    assert (result["status"], result["error"]["code"], result["result"]) == ("error", 241, None)
    assert shop.fiscal_documents()[-1].type == "sell"


@pytest.mark.parametrize(
    ("query", "node"),
    [
        ("queryDeviceStatus", "deviceStatus"),
        ("queryDeviceInfo", "deviceInfo"),
        ("queryShiftStatus", "shiftStatus"),
        ("queryFnInfo", "fnInfo"),
        ("queryFnStatus", "fnStatus"),
        ("queryOfdExchangeStatus", "status"),
    ],
)
async def test_queries_are_answered_at_once(till: Till, shop: Shop, query: str, node: str) -> None:
    assert node in (await till.http.post(f"/api/v2/operations/{query}", json={})).json()
    shop.faults.set(Fault("register", "no-connection", query))
    assert (await till.http.post(f"/api/v2/operations/{query}", json={})).json()["error"]["code"] == 2


async def test_a_device_that_miscounts_registers_a_document_that_agrees_with_itself(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("register", "other-total", "sell"))
    fiscal = (await till.perform(sell_task()))["result"]["fiscalParams"]
    ask = {"type": "getFnDocument", "fiscalDocumentNumber": fiscal["fiscalDocumentNumber"]}
    tags = (await till.perform(ask))["result"]["documentTLV"]
    [line] = tags["1059"]
    assert (fiscal["total"], tags["1020"], line["1043"], tags["1031"]) == (306.0, 306.0, 306.0, 306.0)
    assert (line["1079"], line["1023"]) == (306.0, 1)


async def test_a_stored_line_tells_its_signs_by_their_codes(till: Till) -> None:
    fiscal = (await till.perform(sell_task()))["result"]["fiscalParams"]
    ask = {"type": "getFnDocument", "fiscalDocumentNumber": fiscal["fiscalDocumentNumber"]}
    [line] = (await till.perform(ask))["result"]["documentTLV"]["1059"]
    assert (line["1214"], line["1212"], line["1199"]) == (4, 4, 11)


async def test_a_correction_is_a_document_that_names_the_wrong_one(till: Till) -> None:
    fiscal = (await till.perform(correction("sellReturnCorrection")))["result"]["fiscalParams"]
    ask = {"type": "getFnDocument", "fiscalDocumentNumber": fiscal["fiscalDocumentNumber"]}
    tags = (await till.perform(ask))["result"]["documentTLV"]
    named = {name: tags[name] for name in ("fiscalDocumentType", "1054", "1173", "1178", "1192")}
    assert named == {
        "fiscalDocumentType": "receiptCorrection",
        "1054": 2,
        "1173": 0,
        "1178": "2026.01.15",
        "1192": "3635260533",
    }


async def test_a_correction_moves_the_drawer_as_what_it_corrects(till: Till, shop: Shop) -> None:
    before = shop.register.device.drawer()
    await till.perform(correction("sellReturnCorrection"))
    assert shop.register.device.drawer() == before - 30500
    await till.perform(correction("sellCorrection"))
    assert shop.register.device.drawer() == before


async def test_a_slip_is_on_paper_and_is_no_document(till: Till, shop: Shop) -> None:
    last = len(shop.fiscal_documents())
    slip = {"type": "nonFiscal", "items": [{"type": "text", "text": "СВЕРКА ИТОГОВ"}, {"type": "text", "text": ""}]}
    assert (await till.perform(slip))["status"] == "ready"
    assert shop.register.device.printed == [("СВЕРКА ИТОГОВ", "")]
    assert len(shop.fiscal_documents()) == last


@pytest.mark.parametrize("items", [None, [], ["СВЕРКА"], [{"type": "text"}], [{"type": "qr", "text": "СВЕРКА"}]])
async def test_a_slip_without_lines_or_with_something_else_in_them_is_refused(till: Till, items: object) -> None:
    refused = await till.perform({"type": "nonFiscal", "items": items})
    assert refused["error"]["code"] == 501


def test_an_electronic_receipt_names_who_sends_it_unless_the_register_is_registered_with_it() -> None:
    task = sell_task(electronically=True, clientInfo={"emailOrPhone": "+79165550067"})
    assert read_receipt(task, sender="cheki@example.ru").total == 30500
    assert read_receipt(task | {"companyInfo": {"email": "cheki@example.ru"}}).total == 30500
    assert read_receipt(sell_task(clientInfo={"emailOrPhone": "+79165550067"})).total == 30500
    with pytest.raises(DeviceError, match="адрес отправителя") as caught:
        read_receipt(task)
    assert caught.value.code == 161


async def test_the_register_states_the_tax_of_each_line_and_of_the_whole(till: Till, shop: Shop) -> None:
    rates = {"vat22": 12200, "vat122": 12200, "vat20": 12000, "vat10": 11000, "vat7": 10700, "none": 5000, "vat0": 100}
    items = []
    for rate, amount in rates.items():
        method = "prepayment" if rate == "vat122" else "fullPayment"
        line = with_item(tax={"type": rate}, price=amount / 100, amount=amount / 100, paymentMethod=method)
        items.append(line["items"][0])
    total = sum(rates.values()) / 100
    await till.perform(sell_task(items=items, total=total, payments=[{"type": "cash", "sum": total}]))
    tags = shop.register.device.storage.tlv(shop.fiscal_documents()[-1])["documentTLV"]
    assert [one["1200"] for one in tags["1059"]] == [22.0, 22.0, 20.0, 10.0, 7.0, 0.0, 0.0]
    assert {tag: tags[tag] for tag in ("1102", "1103", "1104", "1105")} == {
        "1102": 20.0,
        "1103": 10.0,
        "1104": 1.0,
        "1105": 50.0,
    }
    assert tags["1115"] == [{"1199": 8, "1120": 7.0}, {"1199": 11, "1120": 22.0}, {"1199": 12, "1120": 22.0}]
