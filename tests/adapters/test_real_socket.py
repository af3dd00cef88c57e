"""What only a real socket can do: refuse, be cut in the middle, stay silent, be gone."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from pos_client.adapters.cash_register import AtolRegister, RegisterSettings
from pos_client.adapters.orders import CdekOrders, OrdersSettings
from pos_client.adapters.processing import MindboxProcessing, ProcessingNames, authorization
from pos_client.adapters.transport import Transport
from pos_client.domain.customer import CustomerKey, KeyKind
from pos_client.domain.money import Money, Points
from pos_client.domain.receipt import FiscalTask, receipt_for
from pos_client.ports import OutcomeUnknownError, PosError, ReserveIntent, Service, UnavailableError
from pos_client.training.faults import Fault
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop, real_time
from tests.samples import ORDER, cash, live_quote

ANNA = CustomerKey(KeyKind.CDEK_ID, "48210967")


@dataclass(frozen=True, slots=True)
class Till:
    """The real adapters on real connections."""

    processing: MindboxProcessing
    orders: CdekOrders
    register: AtolRegister
    heard: list[tuple[Service, bool]]


@pytest.fixture
def server() -> Iterator[ShopServer]:
    shop = Shop()
    with running(shop) as server:
        yield server
    shop.close()


@pytest.fixture
async def till(server: ShopServer) -> AsyncIterator[Till]:
    heard: list[tuple[Service, bool]] = []

    def hear(service: Service, works: bool, _seconds: float, _error: PosError | None) -> None:  # noqa: FBT001 - as OnCall
        heard.append((service, works))

    def to(service: Service, headers: dict[str, str] | None = None) -> Transport:
        return Transport(service, server.url, headers=headers, on_call=hear)

    shop = server.shop
    names = ProcessingNames(lookup_timeout=0.5, preorder_timeout=0.5, create_timeout=0.5)
    settings = OrdersSettings(client_id=shop.names.client_id, client_secret=shop.names.client_secret, read_timeout=0.5)
    register = RegisterSettings(post_timeout=0.4, query_timeout=0.4, print_deadline=3.0, poll_every=0.02)
    async with (
        to(Service.PROCESSING, authorization(shop.names.secret_key)) as first,
        to(Service.ORDERS) as second,
        to(Service.REGISTER) as third,
    ):
        yield Till(
            MindboxProcessing(first, names, office="MSK548", now=real_time),
            CdekOrders(second, settings),
            AtolRegister(third, register),
            heard,
        )


async def intent(till: Till) -> ReserveIntent:
    customer = await till.processing.find_customer(ANNA)
    quote = await till.processing.quote(ORDER, customer, Points(490), order_id=ORDER.number)
    return ReserveIntent(ORDER, customer, quote, ORDER.number, UUID(int=5), cash(450000), real_time())


async def test_all_three_services_answer_and_each_call_is_heard(till: Till) -> None:
    await till.processing.find_customer(ANNA)
    await till.orders.load("1106153417")
    await till.register.state()
    assert [service for service, _ in till.heard] == [
        Service.PROCESSING,
        *[Service.ORDERS] * 3,
        *[Service.REGISTER] * 5,
    ]
    assert all(works for _, works in till.heard)


@pytest.mark.parametrize("kind", ["refuse", "drop", "lose-answer", "hang"])
async def test_a_cut_connection_leaves_a_create_unknown_and_points_move_once(
    till: Till, server: ShopServer, kind: str
) -> None:
    meant = await intent(till)
    server.shop.faults.set(Fault("processing", kind))
    with pytest.raises(OutcomeUnknownError):
        await till.processing.reserve(meant)
    await till.processing.reserve(meant)
    assert server.shop.balance(ANNA.value).available == 130


@pytest.mark.parametrize("kind", ["refuse", "drop", "lose-answer", "hang"])
async def test_a_cut_connection_makes_a_question_unavailable(till: Till, server: ShopServer, kind: str) -> None:
    server.shop.faults.set(Fault("processing", kind))
    with pytest.raises(UnavailableError):
        await till.processing.find_customer(ANNA)
    assert till.heard == [(Service.PROCESSING, False)]


@pytest.mark.parametrize("operation", ["sell", "poll"])
@pytest.mark.parametrize("kind", ["refuse", "lose-answer", "hang"])
async def test_a_cut_connection_never_prints_a_second_receipt(
    till: Till, server: ShopServer, operation: str, kind: str
) -> None:
    receipt = receipt_for(ORDER, live_quote(ORDER), cash(499000), sale_id=UUID(int=3), cashier="Иванова М.")
    server.shop.faults.set(Fault("register", kind, operation=operation))
    document = await till.register.print_receipt(FiscalTask(UUID(int=4), receipt, after=0, sent=True))
    assert document.total == Money(499000)
    assert [each.type for each in server.shop.fiscal_documents()].count("sell") == 1


async def test_a_server_that_is_gone_did_nothing(till: Till, server: ShopServer) -> None:
    meant = await intent(till)
    server.stop()
    with pytest.raises(UnavailableError):
        await till.processing.reserve(meant)
    with pytest.raises(UnavailableError):
        await till.orders.load("1106153417")
    with pytest.raises(UnavailableError):
        await till.register.state()
