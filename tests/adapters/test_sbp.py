import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from pos_client.adapters.sbp_bank import BankSbp, SbpSettings
from pos_client.adapters.transport import Transport
from pos_client.domain.money import Money
from pos_client.domain.payment import Approval
from pos_client.ports import (
    OutcomeUnknownError,
    PosError,
    RefusedError,
    SbpAnswer,
    SbpState,
    Service,
    UnavailableError,
)
from pos_client.training.faults import Fault
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop
from tests.adapters.conftest import SetClock

SUM = Money(25_000)
ONE, TWO, BACK, OTHER = (UUID(int=number) for number in range(1, 5))
PURPOSE = "Заказ 1106153417"


class Pauses:
    """The bank's patience: a clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def server(clock: SetClock) -> Iterator[ShopServer]:
    shop = Shop(clock=clock)
    with running(shop) as server:
        yield server
    shop.close()


@pytest.fixture
def shop(server: ShopServer) -> Shop:
    return server.shop


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


def settings(shop: Shop, **changed: object) -> SbpSettings:
    account: dict[str, object] = {"client_id": shop.names.bank_id, "client_secret": shop.names.bank_secret}
    return SbpSettings(**{**account, "timeout": 2.0, **changed})  # type: ignore[arg-type] # values of the fields' own types


@pytest.fixture
async def sbp(server: ShopServer, clock: SetClock, pauses: Pauses) -> AsyncIterator[BankSbp]:
    async with Transport(Service.SBP, server.url) as transport:
        yield BankSbp(transport, settings(server.shop), now=clock, monotonic=pauses.monotonic, sleep=pauses.sleep)


def approved(answer: SbpAnswer) -> Approval:
    assert answer.state is SbpState.PAID
    assert answer.approval is not None
    return answer.approval


# ------------------------------------------------------------------------------------------------------- the code


async def test_a_code_is_what_the_customers_bank_reads(sbp: BankSbp, shop: Shop, clock: SetClock) -> None:
    code = await sbp.request(SUM, ONE, PURPOSE)
    (order,) = shop.bank.transfers()
    assert (code.operation, code.payload, code.reference) == (ONE, order.payload, order.order_id)
    assert code.payload.startswith("https://qr.nspk.ru/")
    assert code.expires == clock.now + timedelta(seconds=300)
    assert (order.number, order.amount, order.purpose) == (ONE.hex, 25_000, PURPOSE)


async def test_the_same_operation_gives_the_same_code(sbp: BankSbp, shop: Shop) -> None:
    first = await sbp.request(SUM, ONE, PURPOSE)
    assert await sbp.request(SUM, ONE, PURPOSE) == first
    assert len(shop.bank.transfers()) == 1


async def test_a_lost_answer_is_asked_for_again(sbp: BankSbp, shop: Shop) -> None:
    shop.faults.set(Fault("sbp", "lose-answer", operation="creation"))
    with pytest.raises(OutcomeUnknownError):
        await sbp.request(SUM, ONE, PURPOSE)
    (order,) = shop.bank.transfers()
    assert (await sbp.request(SUM, ONE, PURPOSE)).reference == order.order_id


async def test_another_sum_under_the_same_number_is_refused(sbp: BankSbp) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    with pytest.raises(RefusedError, match="сумма"):
        await sbp.request(Money(1), ONE, PURPOSE)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refused", RefusedError),
        ("http-503", UnavailableError),
        ("http-429", UnavailableError),
        ("drop", OutcomeUnknownError),
        ("http-500", OutcomeUnknownError),
        ("malformed-json", OutcomeUnknownError),
        ("forbidden-403", RefusedError),
    ],
)
async def test_every_failure_of_making_a_code_has_its_kind(
    sbp: BankSbp, shop: Shop, kind: str, error: type[PosError]
) -> None:
    shop.faults.set(Fault("sbp", kind, operation="creation"))
    with pytest.raises(error) as caught:
        await sbp.request(SUM, ONE, PURPOSE)
    assert type(caught.value) is error or error is RefusedError
    assert caught.value.trouble.say


async def test_a_bank_that_cannot_be_signed_in_to_made_no_code(sbp: BankSbp, shop: Shop) -> None:
    shop.faults.set(Fault("sbp", "drop", operation="token"))
    with pytest.raises(UnavailableError):
        await sbp.request(SUM, ONE, PURPOSE)
    assert not shop.bank.transfers()


@pytest.mark.parametrize("kind", ["strings", "extra-fields", "numeric-ids"])
async def test_an_answer_is_read_however_it_is_written(sbp: BankSbp, shop: Shop, kind: str) -> None:
    shop.faults.set(Fault("sbp", kind, times=None))
    await sbp.request(SUM, ONE, PURPOSE)
    assert shop.bank.pay(ONE.hex)
    assert approved(await sbp.state(ONE)).amount == SUM


# ------------------------------------------------------------------------------------------------------ the state


async def test_a_code_waits_until_the_customer_pays(sbp: BankSbp, shop: Shop) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    assert await sbp.state(ONE) == SbpAnswer(SbpState.WAITING)
    assert shop.bank.pay(ONE.hex)
    approval = approved(await sbp.state(ONE))
    (paid,) = shop.bank.transfers()[0].operations
    assert (approval.operation, approval.amount, approval.reference) == (ONE, SUM, paid["operation_id"])
    assert (approval.code, approval.card, approval.at) == (paid["auth_code"], "", shop.clock())


async def test_a_customers_bank_may_refuse(sbp: BankSbp, shop: Shop) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    assert shop.bank.reject(ONE.hex)
    assert (await sbp.state(ONE)).state is SbpState.REJECTED
    assert not shop.bank.pay(ONE.hex)


async def test_a_code_expires(sbp: BankSbp, shop: Shop, clock: SetClock) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    clock.advance(timedelta(seconds=301))
    assert (await sbp.state(ONE)).state is SbpState.EXPIRED
    assert not shop.bank.pay(ONE.hex)


async def test_an_order_that_the_bank_does_not_know_is_refused(sbp: BankSbp) -> None:
    with pytest.raises(RefusedError, match="не знает"):
        await sbp.state(ONE)


@pytest.mark.parametrize(
    "kind", ["drop", "lose-answer", "http-500", "malformed-json", "hang", "forbidden-403", "protocol-400", "refused"]
)
async def test_a_question_without_an_answer_changes_nothing(server: ShopServer, clock: SetClock, kind: str) -> None:
    async with Transport(Service.SBP, server.url) as transport:
        sbp = BankSbp(transport, settings(server.shop, timeout=0.5, poll_every=0.01), now=clock)
        await sbp.request(SUM, ONE, PURPOSE)
        server.shop.faults.set(Fault("sbp", kind, operation="status"))
        with pytest.raises(UnavailableError):
            await sbp.state(ONE)
        assert (await sbp.state(ONE)).state is SbpState.WAITING


async def test_the_bank_is_never_asked_more_often_than_it_likes(sbp: BankSbp, pauses: Pauses) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    await sbp.state(ONE)
    pauses.now += 1.0
    await sbp.state(ONE)
    pauses.now += 5.0
    await sbp.state(ONE)
    assert pauses.slept == [2.0]


async def test_a_token_that_died_is_renewed(sbp: BankSbp, shop: Shop, clock: SetClock) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    clock.advance(timedelta(seconds=90))
    assert (await sbp.state(ONE)).state is SbpState.WAITING
    assert len(shop.calls("sbp", "token")) == 2


async def test_a_stranger_is_told_to_look_at_the_key(server: ShopServer, clock: SetClock) -> None:
    async with Transport(Service.SBP, server.url) as transport:
        sbp = BankSbp(transport, settings(server.shop, client_secret="another"), now=clock)  # noqa: S106 - not a secret
        with pytest.raises(RefusedError, match="ключ этой кассы"):
            await sbp.probe()


# ------------------------------------------------------------------------------------------------- taking it back


async def test_a_revoked_code_cannot_be_paid(sbp: BankSbp, shop: Shop) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    assert (await sbp.revoke(ONE)).state is SbpState.EXPIRED
    assert not shop.bank.pay(ONE.hex)


async def test_what_was_paid_before_the_revocation_is_paid(sbp: BankSbp, shop: Shop) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    shop.bank.pay(ONE.hex)
    assert approved(await sbp.revoke(ONE)).amount == SUM
    assert not shop.calls("sbp", "revocation")


async def test_what_lands_after_the_revocation_is_paid_too(sbp: BankSbp, shop: Shop) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    shop.faults.set(Fault("sbp", "paid-after-revoke"))
    assert approved(await sbp.revoke(ONE)).amount == SUM


@pytest.mark.parametrize("kind", ["lose-answer", "malformed-json"])
async def test_a_revocation_without_an_answer_is_told_by_the_order(sbp: BankSbp, shop: Shop, kind: str) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    shop.faults.set(Fault("sbp", kind, operation="revocation"))
    assert (await sbp.revoke(ONE)).state is SbpState.EXPIRED


@pytest.mark.parametrize("kind", ["drop", "http-500", "refused"])
async def test_a_code_that_could_not_be_revoked_may_still_be_paid(sbp: BankSbp, shop: Shop, kind: str) -> None:
    await sbp.request(SUM, ONE, PURPOSE)
    shop.faults.set(Fault("sbp", kind, operation="revocation"))
    with pytest.raises(OutcomeUnknownError):
        await sbp.revoke(ONE)
    assert shop.bank.pay(ONE.hex)
    assert approved(await sbp.revoke(ONE)).amount == SUM


async def test_a_code_that_was_never_made_is_over(sbp: BankSbp) -> None:
    assert await sbp.revoke(ONE) == SbpAnswer(SbpState.EXPIRED)


# ---------------------------------------------------------------------------------------------------- giving back


async def paid(sbp: BankSbp, shop: Shop) -> Approval:
    await sbp.request(SUM, ONE, PURPOSE)
    assert shop.bank.pay(ONE.hex)
    return approved(await sbp.state(ONE))


def given_back(shop: Shop) -> list[int]:
    return [
        one["operation_sum"]
        for order in shop.bank.transfers()
        for one in order.operations
        if one["operation_type"] == "REFUND"
    ]


async def test_a_transfer_goes_back_once_however_often_it_is_asked(sbp: BankSbp, shop: Shop) -> None:
    approval = await paid(sbp, shop)
    first = await sbp.refund(approval, SUM, BACK)
    assert (first.operation, first.amount) == (BACK, SUM)
    again = await sbp.refund(approval, SUM, BACK)
    assert again == first
    assert given_back(shop) == [25_000]


async def test_a_lost_answer_to_a_return_is_found_when_asked_again(sbp: BankSbp, shop: Shop) -> None:
    approval = await paid(sbp, shop)
    shop.faults.set(Fault("sbp", "lose-answer", operation="cancel"))
    with pytest.raises(OutcomeUnknownError):
        await sbp.refund(approval, SUM, BACK)
    assert (await sbp.refund(approval, SUM, BACK)).operation == BACK
    assert given_back(shop) == [25_000]


async def test_a_transfer_given_back_under_another_number_is_found_and_not_given_twice(
    sbp: BankSbp, shop: Shop
) -> None:
    approval = await paid(sbp, shop)
    first = await sbp.refund(approval, SUM, OTHER)
    again = await sbp.refund(approval, SUM, BACK)
    assert (again.operation, again.reference, again.amount) == (BACK, first.reference, SUM)
    assert given_back(shop) == [25_000]


async def test_two_returns_at_once_are_one(sbp: BankSbp, shop: Shop) -> None:
    approval = await paid(sbp, shop)
    both = await asyncio.gather(sbp.refund(approval, SUM, BACK), sbp.refund(approval, SUM, BACK))
    assert both[0] == both[1]
    assert given_back(shop) == [25_000]


async def test_what_was_never_paid_is_not_given_back(sbp: BankSbp, shop: Shop) -> None:
    approval = await paid(sbp, shop)
    await sbp.request(SUM, TWO, PURPOSE)
    never = Approval(TWO, SUM, approval.at, approval.reference)
    with pytest.raises(RefusedError, match="возвращать нечего"):
        await sbp.refund(never, SUM, BACK)
    assert given_back(shop) == []


# ------------------------------------------------------------------------------------------------ somebody in between


PAGE = b"<html>captive portal</html>"


@pytest.fixture(params=[200, 302, 400, 404, 405, 422])
async def portal(request: pytest.FixtureRequest, clock: SetClock, pauses: Pauses) -> AsyncIterator[BankSbp]:
    """A bank behind a portal that lets the sign-in through and answers everything else itself."""

    def answer(asked: httpx.Request) -> httpx.Response:
        if asked.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "x", "expires_in": 60})
        return httpx.Response(request.param, content=PAGE)

    async with Transport(Service.SBP, "http://bank", inner=httpx.MockTransport(answer)) as transport:
        mine = SbpSettings(client_id="a", client_secret="b")  # noqa: S106 - a made-up account
        yield BankSbp(transport, mine, now=clock, monotonic=pauses.monotonic, sleep=pauses.sleep)


async def test_a_page_in_between_neither_makes_nor_refuses_a_code(portal: BankSbp) -> None:
    with pytest.raises(OutcomeUnknownError):
        await portal.request(SUM, ONE, PURPOSE)


async def test_a_page_in_between_does_not_say_that_nobody_paid(portal: BankSbp) -> None:
    with pytest.raises(UnavailableError):
        await portal.state(ONE)
    with pytest.raises((UnavailableError, OutcomeUnknownError)):
        await portal.revoke(ONE)


@pytest.mark.parametrize("status", [200, 302, 404])
async def test_a_page_in_between_does_not_refuse_a_return(
    clock: SetClock, pauses: Pauses, shop: Shop, status: int
) -> None:
    def answer(asked: httpx.Request) -> httpx.Response:
        if asked.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "x", "expires_in": 60})
        if asked.url.path.endswith("/cancel"):
            return httpx.Response(status, content=PAGE)
        paid = {"operation_type": "PAY", "operation_id": "B1", "operation_sum": SUM.kopecks}
        return httpx.Response(200, json={"order_id": "A1", "order_state": "PAID", "order_operation_params": [paid]})

    async with Transport(Service.SBP, "http://bank", inner=httpx.MockTransport(answer)) as transport:
        bank = BankSbp(transport, settings(shop), now=clock, monotonic=pauses.monotonic, sleep=pauses.sleep)
        with pytest.raises(OutcomeUnknownError):
            await bank.refund(Approval(ONE, SUM, clock()), SUM, BACK)


@pytest.mark.parametrize(("status", "body"), [(404, PAGE), (400, PAGE), (200, PAGE), (408, b""), (425, b"")])
async def test_only_a_key_that_is_refused_sends_the_cashier_to_the_owner(
    clock: SetClock, shop: Shop, status: int, body: bytes
) -> None:
    inner = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    async with Transport(Service.SBP, "http://bank", inner=inner) as transport:
        with pytest.raises(UnavailableError):
            await BankSbp(transport, settings(shop), now=clock).probe()
