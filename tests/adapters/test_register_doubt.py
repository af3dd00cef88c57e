"""What a register's error, another storage or a long day leave in doubt is never called "surely not registered"."""

from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import pytest

from pos_client.adapters.cash_register import AtolRegister, RegisterSettings
from pos_client.adapters.receipt_json import receipt_task
from pos_client.adapters.transport import Transport
from pos_client.domain.receipt import FiscalTask, Receipt, ReceiptKind, receipt_for
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, Service, StillAtItError, UnavailableError
from pos_client.training.faults import Fault
from pos_client.training.register import Register
from pos_client.training.shop import Shop
from pos_client.training.store import Store
from tests.samples import NOW, ORDER, cash, live_quote

SETTINGS = RegisterSettings(print_deadline=2.0, poll_every=0.01)
LINK_LOST = 241
NOT_BEFORE_CLOSING = (1, 2, 3, 4, 15, 46, 118, 177, LINK_LOST, 505, 9999)


def receipt(sale_id: UUID | None = None, kind: ReceiptKind = ReceiptKind.SALE, points: int = 0) -> Receipt:
    quote = live_quote(ORDER, points)
    made = receipt_for(ORDER, quote, cash(quote.payable.kopecks), sale_id=sale_id or uuid4(), cashier="Иванова М.")
    return replace(made, kind=kind)


async def sent(register: AtolRegister, made: Receipt | None = None) -> FiscalTask:
    """A task that is about to leave, as the counter notes it."""
    state = await register.state()
    return FiscalTask(uuid4(), made or receipt()).leaving(after=state.last_document, fn=state.fn)


def documents(shop: Shop, task: FiscalTask) -> int:
    return len([one for one in shop.fiscal_documents() if one.order_uuid == str(task.receipt.sale_id)])


class Telling(httpx.AsyncBaseTransport):
    """A web server that did the task and says of it that it ended so; with `silent` nothing else is answered."""

    def __init__(self, shop: Shop, uuid: UUID, code: int, *, silent: bool = False) -> None:
        self._inner = shop.transport()
        self._uuid, self._code, self._silent = str(uuid), code, silent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith(self._uuid):
            error = {"code": self._code, "description": "связь потеряна"}
            return httpx.Response(200, json={"results": [{"status": "error", "error": error, "result": None}]})
        if self._silent and self._uuid not in (await request.aread()).decode():
            raise httpx.ConnectError("nobody", request=request)
        return await self._inner.handle_async_request(request)


def told(shop: Shop, task: FiscalTask, code: int, *, silent: bool = False) -> Transport:
    return Transport(Service.REGISTER, "http://shop", inner=Telling(shop, task.id, code, silent=silent))


class Forgetful(httpx.AsyncBaseTransport):
    """A web server that has lost everything that it knew of tasks."""

    def __init__(self, shop: Shop, *tasks: FiscalTask) -> None:
        self._inner = shop.transport()
        self._forgotten = tuple(str(task.id) for task in tasks)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(self._forgotten):
            return httpx.Response(404)
        return await self._inner.handle_async_request(request)


def forgetting(shop: Shop, task: FiscalTask) -> Transport:
    return Transport(Service.REGISTER, "http://shop", inner=Forgetful(shop, task))


# ------------------------------------------------------------------------------------------- an error after it


@pytest.mark.parametrize("kind", list(ReceiptKind))
async def test_a_document_that_is_registered_before_the_link_breaks_is_the_document(
    register: AtolRegister, shop: Shop, kind: ReceiptKind
) -> None:
    task = await sent(register, receipt(kind=kind))
    operation = "sell" if kind is ReceiptKind.SALE else "sellReturn"
    shop.faults.set(Fault("register", "recorded-error", operation))
    document = await register.print_receipt(task)
    assert (document.total, documents(shop, task)) == (task.receipt.total, 1)
    assert await register.find_document(task) == document


@pytest.mark.parametrize("code", NOT_BEFORE_CLOSING)
async def test_no_code_of_an_error_says_that_a_registered_document_is_not(
    register: AtolRegister, shop: Shop, code: int
) -> None:
    task = await sent(register)
    async with told(shop, task, code) as transport:
        spoilt = AtolRegister(transport, SETTINGS)
        document = await spoilt.print_receipt(task)
        assert await spoilt.find_document(task) == document
    assert documents(shop, task) == 1


@pytest.mark.parametrize("code", NOT_BEFORE_CLOSING)
async def test_an_error_and_a_storage_that_is_silent_are_unknown(register: AtolRegister, shop: Shop, code: int) -> None:
    task = await sent(register)
    async with told(shop, task, code, silent=True) as transport:
        spoilt = AtolRegister(transport, SETTINGS)
        with pytest.raises(OutcomeUnknownError):
            await spoilt.print_receipt(task)
        with pytest.raises(UnavailableError):
            await spoilt.find_document(task)
    assert documents(shop, task) == 1


@pytest.mark.parametrize("code", [44, 45, 55, 66, 68, 73, 80, 227, 501])
async def test_an_error_that_comes_before_closing_is_a_refusal_whatever_else_is_silent(
    register: AtolRegister, shop: Shop, code: int
) -> None:
    task = await sent(register)
    async with told(shop, task, code, silent=True) as transport:
        with pytest.raises(RefusedError):
            await AtolRegister(transport, SETTINGS).print_receipt(task)


async def test_a_lost_link_and_a_storage_without_the_document_are_a_refusal(register: AtolRegister, shop: Shop) -> None:
    task = await sent(register)
    shop.faults.set(Fault("register", "no-connection", "sell"))
    with pytest.raises(RefusedError):
        await register.print_receipt(task)
    assert await register.find_document(task) is None
    await register.print_receipt(task)
    assert documents(shop, task) == 1


@pytest.mark.parametrize("times", range(1, 5))
async def test_however_often_the_answer_is_an_error_there_is_one_document(
    register: AtolRegister, shop: Shop, times: int
) -> None:
    task = await sent(register)
    shop.faults.set(Fault("register", "recorded-error", times=times))
    document = None
    for _ in range(2 * times + 2):
        try:
            document = await register.find_document(task) or await register.print_receipt(task)
        except PosError:
            continue
    assert document is not None
    assert documents(shop, task) == 1


# ------------------------------------------------------------------------------------------------- another storage


def replaced(shop: Shop, last: int = 0) -> None:
    """Another register stands there: another device, another storage, a web server that knows nothing."""
    names = replace(shop.register.device._names, fn="9999078900009999", first_fd=last + 1)
    shop.register = Register(Store(":memory:"), lambda: NOW, names)
    shop.register.device.set_up()


@pytest.mark.parametrize("last", [0, 10**6], ids=["new", "used"])
async def test_another_storage_never_says_that_a_receipt_is_not_registered(
    register: AtolRegister, shop: Shop, last: int
) -> None:
    task = await sent(register)
    replaced(shop, last)
    with pytest.raises(OutcomeUnknownError) as caught:
        await register.find_document(task)
    assert not isinstance(caught.value, StillAtItError)
    assert "другой фискальный накопитель" in caught.value.trouble.what
    assert "9999078900009999" in caught.value.detail


async def test_a_number_that_the_storage_has_not_reached_was_counted_in_another(
    register: AtolRegister, shop: Shop
) -> None:
    task = replace(await sent(register), fn="")
    replaced(shop)
    with pytest.raises(OutcomeUnknownError):
        await register.find_document(task)


async def test_where_nobody_noted_the_beginning_nothing_is_surely_not_there(register: AtolRegister) -> None:
    with pytest.raises(OutcomeUnknownError):
        await register.find_document(FiscalTask(uuid4(), receipt(), after=None, sent=True))


async def test_a_paperless_printer_is_no_reason_to_doubt_although_the_storage_is_another(
    register: AtolRegister, shop: Shop
) -> None:
    task = await sent(register)
    async with told(shop, task, 44) as transport:
        assert await AtolRegister(transport, SETTINGS).find_document(replace(task, fn="9999078900009999")) is None


# ------------------------------------------------------------------------------------------------ a long day since


def sold_since(shop: Shop, times: int) -> None:
    other = receipt_task(receipt(), RegisterSettings())
    for _ in range(times):
        shop.register.device.perform(other)


async def found_in_time(register: AtolRegister, task: FiscalTask, looks: int) -> object:
    for _ in range(looks - 1):
        with pytest.raises(StillAtItError):
            await register.find_document(task)
    return await register.find_document(task)


async def test_a_document_of_long_ago_is_found_however_many_came_after_it(register: AtolRegister, shop: Shop) -> None:
    task = await sent(register)
    document = await register.print_receipt(task)
    sold_since(shop, 450)
    async with forgetting(shop, task) as transport:
        assert await found_in_time(AtolRegister(transport, SETTINGS), task, 1) == document


async def test_documents_are_read_on_until_all_of_them_are_known_not_to_be_ours(
    register: AtolRegister, shop: Shop
) -> None:
    task = await sent(register)
    sold_since(shop, 450)
    async with forgetting(shop, task) as transport:
        assert await found_in_time(AtolRegister(transport, SETTINGS), task, 3) is None
    sold_since(shop, 300)
    document = await register.print_receipt(task)
    async with forgetting(shop, task) as transport:
        assert await found_in_time(AtolRegister(transport, SETTINGS), task, 4) == document


async def test_a_document_that_the_storage_has_no_more_may_have_been_ours(register: AtolRegister, shop: Shop) -> None:
    task = await sent(register)
    sold_since(shop, 3)
    with shop._store.transaction():
        shop._store.run("DELETE FROM fiscal_documents WHERE fd = ?", shop.register.device.storage.last() - 1)
    with pytest.raises(OutcomeUnknownError):
        await register.find_document(task)
    document = await register.print_receipt(task)
    assert await register.find_document(task) == document


async def test_our_document_behind_one_that_names_nobody_is_found(register: AtolRegister, shop: Shop) -> None:
    task = await sent(register)
    foreign = receipt_task(receipt(), RegisterSettings())
    foreign["items"] = [item for item in foreign["items"] if item["type"] == "position"]
    shop.register.device.perform(foreign)
    async with forgetting(shop, task) as transport:
        forgetful = AtolRegister(transport, SETTINGS)
        with pytest.raises(OutcomeUnknownError, match="чей он"):
            await forgetful.find_document(task)
        document = await register.print_receipt(task)
        assert await forgetful.find_document(task) == document


# ------------------------------------------------------------------------------------------- a number read from paper


async def test_the_document_under_a_number_is_ours_when_its_sum_is(register: AtolRegister) -> None:
    task = await sent(register)
    document = await register.print_receipt(task)
    assert await register.document_under(document.number, task) == document


async def test_a_document_under_a_number_that_cannot_be_ours_is_refused(register: AtolRegister) -> None:
    others = [
        await register.print_receipt(await sent(register, made))
        for made in (receipt(), receipt(points=490), receipt(kind=ReceiptKind.RETURN))
    ]
    task = await sent(register)
    for number, why in zip(
        (*(other.number for other in others), others[-1].number + 1),
        ("другой операции", "4 500,00", "не чек прихода", "последний"),
        strict=True,
    ):
        with pytest.raises(RefusedError) as caught:
            await register.document_under(number, task)
        assert why in caught.value.trouble.what.replace("\N{NO-BREAK SPACE}", " ")


async def test_a_number_of_another_storage_tells_nothing(register: AtolRegister, shop: Shop) -> None:
    task = await sent(register)
    replaced(shop)
    with pytest.raises(OutcomeUnknownError):
        await register.document_under(1, task)
    shop.faults.set(Fault("register", "refuse", times=None))
    with pytest.raises(UnavailableError):
        await register.document_under(1, task)
