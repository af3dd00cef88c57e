import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from pos_client.adapters.conditions_source import ConditionsSource
from pos_client.adapters.transport import Wire
from pos_client.bundled import bundled
from pos_client.conditions.envelope import opened
from pos_client.conditions.refresh import Refresher
from pos_client.domain.sale import Trouble
from pos_client.ports import UnavailableError
from pos_client.train import training_settings
from pos_client.training.shop import Shop
from tests.adapters.conditions_maker import NOW, OTHER_KEY, issue, keeper, trusting

ADDRESS = "http://shop/conditions/v1"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


class Strip:
    """The place for one notice."""

    def __init__(self) -> None:
        self.shown: Trouble | None = None
        self.all: list[str] = []
        self.told = asyncio.Event()

    def tell(self, trouble: Trouble) -> bool:
        if self.shown is not None:
            return False
        self.shown = trouble
        self.all.append(trouble.what)
        self.told.set()
        return True


def refresher_at(folder: Path, wire: Wire, strip: Strip) -> Refresher:
    till = keeper(folder)
    standing = till.at_start(NOW)
    source = ConditionsSource(ADDRESS, wire=wire)
    return Refresher(source, till, standing, now=lambda: NOW, every=3600, tell=strip.tell)


async def looked(shop: Shop, folder: Path, strip: Strip | None = None) -> Strip:
    """One look at the shop's address from a till that has just started."""
    strip = strip or Strip()
    await refresher_at(folder, shop.transport(), strip).look()
    return strip


async def test_a_new_issue_is_announced_and_is_in_force_from_the_next_start(shop: Shop, tmp_path: Path) -> None:
    keeper(tmp_path).take(issue(1), NOW)
    shop.published.content = issue(2)
    strip = await looked(shop, tmp_path)
    assert strip.all == ["Новые условия № 2 действуют со следующего запуска."]
    assert keeper(tmp_path).at_start(NOW).settings.processing.balance == "Balance2"


async def test_an_issue_for_later_is_announced_with_its_day(shop: Shop, tmp_path: Path) -> None:
    keeper(tmp_path).take(issue(1), NOW)
    shop.published.content = issue(2, valid_from=(NOW + timedelta(days=3)).isoformat())
    strip = await looked(shop, tmp_path)
    assert strip.all == ["Новые условия № 2 получены, они начнут действовать 24.11.2026."]


async def test_a_second_look_asks_only_whether_something_has_changed(shop: Shop, tmp_path: Path) -> None:
    seen: list[int] = []

    class Watched(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await shop.transport().handle_async_request(request)
            seen.append(response.status_code)
            return response

    shop.published.content = issue(1)
    strip = Strip()
    refresher = refresher_at(tmp_path, Watched(), strip)
    assert [await refresher.look(), await refresher.look()] == [True, True]
    assert seen == [200, 304]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (issue(2, key=OTHER_KEY), "которому касса не доверяет"),
        (issue(2)[:-60], "Файл условий повреждён"),
        (issue(2, project="Чужой"), "Условия проекта «Чужой»"),
        (issue(2, valid_till=(NOW - timedelta(hours=1)).isoformat()), "Срок условий № 2 уже кончился"),
        (issue(2, issued=(NOW + timedelta(days=3)).isoformat()), "Часы кассы отстают"),
    ],
)
async def test_a_bad_issue_is_told_once_and_the_last_good_one_goes_on(
    shop: Shop, tmp_path: Path, content: bytes, said: str
) -> None:
    keeper(tmp_path).take(issue(1), NOW)
    shop.published.content = content
    strip = Strip()
    refresher = refresher_at(tmp_path, shop.transport(), strip)
    for _ in range(3):
        await refresher.look()
        strip.shown = None
    assert len(strip.all) == 1
    assert said in strip.all[0]
    assert keeper(tmp_path).at_start(NOW).settings.processing.balance == "Balance1"


async def test_an_issue_is_not_announced_over_what_the_cashier_has_not_read(shop: Shop, tmp_path: Path) -> None:
    keeper(tmp_path).take(issue(1), NOW)
    shop.published.content = issue(2)
    strip = Strip()
    strip.shown = Trouble("Диск полон.")
    refresher = refresher_at(tmp_path, shop.transport(), strip)
    await refresher.look()
    assert strip.all == []
    strip.shown = None
    await refresher.look()
    assert strip.all == ["Новые условия № 2 действуют со следующего запуска."]


async def test_what_is_wrong_at_the_start_is_told_even_without_an_address(tmp_path: Path) -> None:
    till = keeper(tmp_path, trusting(file=tmp_path / "nowhere.json", address=""))
    strip = Strip()
    refresher = Refresher(None, till, till.at_start(NOW), now=lambda: NOW, every=3600, tell=strip.tell)
    await refresher.look()
    assert "не читается" in strip.all[0]


async def test_no_answer_is_no_news_and_no_notice(tmp_path: Path) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody", request=request)

    keeper(tmp_path).take(issue(1), NOW)
    strip = Strip()
    assert not await refresher_at(tmp_path, httpx.MockTransport(nobody), strip).look()
    assert strip.all == []


@pytest.mark.parametrize("status", [301, 404, 500, 503])
async def test_another_answer_than_a_file_is_no_answer(status: int) -> None:
    wire = httpx.MockTransport(lambda _: httpx.Response(status, content=issue(1)))
    with pytest.raises(UnavailableError):
        await ConditionsSource(ADDRESS, wire=wire).latest()


async def test_an_endless_answer_is_read_no_further_than_a_megabyte() -> None:
    sent = 0

    class Endless(httpx.AsyncByteStream):
        def __aiter__(self) -> AsyncIterator[bytes]:
            return self

        async def __anext__(self) -> bytes:
            nonlocal sent
            sent += 100_000
            return b" " * 100_000

    wire = httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless()))
    with pytest.raises(UnavailableError):
        await ConditionsSource(ADDRESS, wire=wire).latest()
    assert sent <= 1_200_000


async def test_nothing_of_the_till_is_sent_to_the_address() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=issue(1))

    await ConditionsSource("http://from.above/tills/conditions?v=1", wire=httpx.MockTransport(answer)).latest()
    assert str(asked[0].url) == "http://from.above/tills/conditions?v=1"
    assert "authorization" not in asked[0].headers


async def test_the_round_goes_on_until_it_is_cancelled_and_lets_the_connection_go(shop: Shop, tmp_path: Path) -> None:
    shop.published.content = issue(1)
    strip = Strip()
    round_trip = asyncio.create_task(refresher_at(tmp_path, shop.transport(), strip).run())
    await asyncio.wait_for(strip.told.wait(), 10)
    round_trip.cancel()
    await asyncio.gather(round_trip, return_exceptions=True)
    assert round_trip.cancelled()


def test_the_training_till_goes_by_signed_conditions_from_its_first_start(tmp_path: Path) -> None:
    settings = training_settings("http://shop")
    standing = keeper(tmp_path, settings).at_start(NOW)
    assert standing.conditions is not None
    assert (standing.conditions.project, standing.complaints) == ("Учебный магазин", ())


async def test_the_training_shop_publishes_what_the_training_till_trusts(shop: Shop) -> None:
    found = await ConditionsSource(ADDRESS, wire=shop.transport()).latest()
    assert found is not None
    settings = training_settings("http://shop")
    assert opened(found.content, settings.conditions.public_keys)
    assert found.content == bundled("training/from_above/conditions.json").read_bytes()
