from __future__ import annotations

import asyncio
import dataclasses
import enum
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from offline_queue import (
    Accepted,
    ClosedError,
    DiskFullError,
    DuplicateKeyError,
    LimitNear,
    LimitReachedError,
    Limits,
    Outbox,
    State,
    UnstorableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from offline_queue import Cipher, Message
    from tests.offline_queue.conftest import Server, World


def test_what_was_put_is_there_after_opening_again(world: World) -> None:
    message = world.message("a", "stream", amount=12_345, label="1106153417")
    with world.open() as outbox:
        outbox.put(message)
    with world.open() as outbox:
        assert outbox.entry("a").message == message
        assert outbox.entry("a").state is State.WAITING


def test_one_put_stores_all_or_none(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        with pytest.raises(DuplicateKeyError):
            outbox.put(world.message("b"), world.message("a", body=b"another"))
        assert [entry.message.key for entry in outbox.entries()] == ["a"]


def test_the_same_key_with_the_same_body_changes_nothing(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.seconds += 60
        outbox.put(world.message("a", amount=5, label="read again after a crash"))
        assert outbox.summary().count == 1
        assert len(world.events) == 1


@pytest.mark.parametrize(
    "changed",
    [
        lambda message: dataclasses.replace(message, body=b"other"),
        lambda message: dataclasses.replace(message, kind="other"),
        lambda message: dataclasses.replace(message, destination="other"),
        lambda message: dataclasses.replace(message, stream="other"),
    ],
    ids=["body", "kind", "destination", "stream"],
)
def test_the_same_key_for_something_else_is_an_error(world: World, changed: Callable[[Message], Message]) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        with pytest.raises(DuplicateKeyError, match="a"):
            outbox.put(changed(world.message("a")))


def test_a_key_is_remembered_after_delivery(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=1)
        outbox.put(world.message("a"))
        with pytest.raises(DuplicateKeyError):
            outbox.put(world.message("a", body=b"another"))
        assert outbox.summary().count == 0
        entry = outbox.entry("a")
        assert (entry.state, entry.receipt, entry.message.body) == (State.DELIVERED, "receipt of a", b"")


@pytest.mark.parametrize("sealed", [False, True])
def test_a_filed_key_is_told_apart_by_its_body_until_that_is_gone(
    world: World, server: Server, refusal: type[Exception], sealing: Callable[[bytes], Cipher], *, sealed: bool
) -> None:
    settings = {"cipher": sealing(b"key")} if sealed else {}
    with world.open(**settings) as outbox:
        outbox.put(*(world.message(key, body=b"1") for key in ("dead", "delivered", "skipped")))
        server.failures["dead"] = refusal("no")
        outbox.skip("skipped", by="a", reason="b")
        world.deliver(outbox, server.send, seconds=1)
        outbox.put(world.message("later", "dead", body=b"1"))
    with world.open(**settings) as outbox:
        for key in ("dead", "delivered", "skipped", "later"):
            stream = outbox.entry(key).message.stream
            outbox.put(world.message(key, stream, body=b"1"))
            with pytest.raises(DuplicateKeyError):
                outbox.put(world.message(key, stream, body=b"2"))
        assert outbox.verify().problems == ()


def test_forgotten_tombstones_are_gone_and_waiting_messages_are_not(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        world.deliver(outbox, server.send, seconds=1)
        world.seconds += 1000
        outbox.put(world.message("b"))
        assert outbox.forget_settled(world.now()) == 1
        assert outbox.entries(State.DELIVERED) == ()
        assert outbox.summary().count == 1


def test_tombstones_are_forgotten_a_few_at_a_time_and_without_what_people_decided(
    world: World, server: Server, refusal: type[Exception]
) -> None:
    server.failures["dead"] = refusal("no")
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{number}") for number in range(5)), world.message("dead"), world.message("sold"))
        world.deliver(outbox, server.send, seconds=1)
        server.failures.clear()
        outbox.retry("dead", by="Анна", reason="исправлено")
        outbox.put(world.message("skipped"))
        outbox.skip("skipped", by="Анна", reason="не нужно")
        world.deliver(outbox, server.send, seconds=1)
        outbox.put(world.message("waits"))
        world.seconds += 1000
        assert outbox.forget_settled(world.now() - timedelta(seconds=2000), decided=False) == 0
        assert outbox.forget_settled(world.now(), decided=False, limit=2) == 2
        assert [entry.message.key for entry in outbox.entries(State.DELIVERED)] == ["k2", "k3", "k4", "dead", "sold"]
        assert outbox.forget_settled(world.now(), decided=False) == 4
        assert [entry.message.key for entry in outbox.entries(*State)] == ["dead", "skipped", "waits"]
        decided = outbox.history("dead")[-1]
        assert (decided.what, decided.by, decided.words) == ("retried", "Анна", "исправлено")
        assert outbox.forget_settled(world.now()) == 2
        assert [entry.message.key for entry in outbox.entries(*State)] == ["waits"]
        assert outbox.verify().problems == ()


def test_the_tombstone_that_stays_because_it_is_the_last_keeps_its_story(
    world: World, server: Server, refusal: type[Exception]
) -> None:
    server.failures["last"] = refusal("no")
    with world.open() as outbox:
        outbox.put(world.message("last"))
        world.deliver(outbox, server.send, seconds=1)
        outbox.skip("last", by="Анна", reason="не нужно")
        assert outbox.forget_settled(world.now() + timedelta(days=1)) == 0
        assert [one.by for one in outbox.history("last")] == ["", "Анна"]


def test_the_summary_counts_what_waits_and_what_is_dead(world: World, server: Server, refusal: type[Exception]) -> None:
    server.failures["b"] = refusal("wrong line")
    with world.open() as outbox:
        first = world.now()
        outbox.put(world.message("b", amount=200))
        outbox.put(world.message("c", "b", amount=300), world.message("d", amount=1))
        world.deliver(outbox, server.send, seconds=1)
        summary = outbox.summary()
        assert (summary.count, summary.amount, summary.oldest, summary.needs_human) == (2, 500, first, 1)


@pytest.mark.qt_no_exception_capture
def test_an_event_follows_the_commit_and_a_failing_subscriber_does_not_undo_it(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def complain(event: object) -> None:
        raise ValueError(f"cannot show {type(event).__name__}")

    with world.open() as outbox:
        outbox.subscribe(complain)
        outbox.put(world.message("a"))
        assert outbox.summary().count == 1
    assert world.events == [Accepted(world.message("a"))]
    assert "cannot show Accepted" in capsys.readouterr().err


def test_a_subscriber_that_left_hears_nothing(world: World) -> None:
    heard: list[object] = []
    with world.open() as outbox:
        leave = outbox.subscribe(heard.append)
        leave()
        outbox.put(world.message("a"))
    assert heard == []


def test_a_full_disk_stores_nothing_and_the_queue_works_on_when_there_is_room(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
        ((pages,),) = outbox._storage.read("PRAGMA page_count", {})
        outbox._storage.read(f"PRAGMA max_page_count = {pages}", {})
        with pytest.raises(DiskFullError, match="No room"):
            outbox.put(world.message("small"), world.message("big", body=bytes(100_000)))
        assert [entry.message.key for entry in outbox.entries()] == ["a"]
        outbox._storage.read("PRAGMA max_page_count = 1000000", {})
        outbox.put(world.message("big", body=bytes(100_000)))
        assert len(outbox.entry("big").message.body) == 100_000


def test_a_refused_put_leaves_no_trace_in_the_sums_and_its_number_to_the_next(world: World) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a", amount=100))
        ((pages,),) = outbox._storage.read("PRAGMA page_count", {})
        outbox._storage.read(f"PRAGMA max_page_count = {pages}", {})
        with pytest.raises(DiskFullError):
            outbox.put(world.message("big", amount=1_000, created=world.now() - timedelta(days=1), body=bytes(100_000)))
        assert (outbox.summary().count, outbox.summary().amount, outbox.summary().oldest) == (1, 100, world.now())
        outbox._storage.read("PRAGMA max_page_count = 1000000", {})
        outbox.put(world.message("b", amount=10), world.message("c", amount=1))
        assert (outbox.summary().count, outbox.summary().amount) == (3, 111)
        assert outbox.verify().problems == ()


def test_filing_waits_for_room_when_the_disk_is_full_in_an_idle_moment(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{number:03}") for number in range(200)))
        ((pages,),) = outbox._storage.read("PRAGMA page_count", {})
        outbox._storage.read(f"PRAGMA max_page_count = {pages}", {})
        outbox.checkpoint()
        assert fresh_rows(world) == 200
        outbox._storage.read("PRAGMA max_page_count = 1000000", {})
        outbox.checkpoint()
        assert fresh_rows(world) == 0
        world.deliver(outbox, server.send, seconds=60)
        assert len(server.effects) == 200


def test_a_long_log_that_cannot_be_written_back_does_not_take_back_the_put_before_it(world: World) -> None:
    def without_checkpoints(_action: int, pragma: str | None, *_more: str | None) -> int:
        return sqlite3.SQLITE_DENY if pragma == "wal_checkpoint" else sqlite3.SQLITE_OK

    with world.open() as outbox:
        outbox._storage._connection.set_authorizer(without_checkpoints)
        for number in range(256):
            outbox.put(world.message(f"k{number:03}", body=bytes(140_000)))
        assert (world.folder / "queue.db-wal").stat().st_size > 32 << 20
        outbox.put(world.message("one more"))
        assert outbox.summary().count == 257
        assert outbox.verify().problems == ()


UNSTORABLE: dict[str, dict[str, Any]] = {
    "amount": {"amount": 1 << 70},
    "debt": {"amount": -(1 << 63) - 1},
    "label": {"label": "half of a pair: \ud83d"},
    "key": {"key": "\ud83d"},
    "body": {"body": bytes((64 << 20) + 1)},
}


class Kind(str, enum.Enum):  # noqa: UP042 - its members print otherwise than they are stored, on purpose
    ORDER = "order"


def test_members_of_enums_are_stored_as_what_they_stand_for(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a", kind=Kind.ORDER, label=Kind.ORDER, amount=True))
    with world.open() as outbox:
        assert outbox.verify().problems == ()
        world.deliver(outbox, server.send, seconds=1)
        message = outbox.entry("a").message
        assert (message.kind, message.label, message.amount) == ("order", "order", 1)
        assert server.effects == ["a"]


@pytest.mark.parametrize("wrong", [{"amount": "5"}, {"amount": 2.0}, {"stream": 1}, {"label": None}, {"body": "text"}])
def test_what_is_of_another_kind_leaves_no_trace(world: World, wrong: dict[str, Any]) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a", amount=1))
        with pytest.raises(TypeError):
            outbox.put(world.message(**{"key": "b", "stream": "b", "body": b"", **wrong}))
        assert (outbox.summary().count, outbox.summary().amount) == (1, 1)
        assert [entry.message.key for entry in outbox.entries()] == ["a"]


def test_a_closed_queue_says_so_and_nothing_else(world: World, server: Server) -> None:
    async def together() -> None:
        await outbox.put_together(world.message("b"))

    outbox = world.open()
    outbox.put(world.message("a"))
    outbox.close()
    who = {"by": "a person", "reason": "a reason"}
    calls: list[Callable[[], object]] = [
        lambda: outbox.put(world.message("b")),
        lambda: outbox.put(world.message("b"), world.message("c")),
        lambda: world.run(together()),
        outbox.summary,
        outbox.entries,
        lambda: outbox.entry("a"),
        lambda: outbox.skip("a", **who),
        lambda: outbox.export(world.folder / "unsent", **who),
        lambda: outbox.forget_settled(world.now()),
        outbox.verify,
        outbox.checkpoint,
        lambda: world.deliver(outbox, server.send, seconds=1),
    ]
    for call in calls:
        with pytest.raises(ClosedError, match="is closed"):
            call()
    outbox.close()
    with world.open() as outbox:
        assert [entry.message.key for entry in outbox.entries()] == ["a"]


@pytest.mark.parametrize("wrong", UNSTORABLE.values(), ids=UNSTORABLE)
def test_what_no_file_can_hold_is_refused_by_type_and_leaves_no_trace(world: World, wrong: dict[str, Any]) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a", amount=1))
        with pytest.raises(UnstorableError):
            outbox.put(world.message(**{"key": "b", **wrong}))
        with pytest.raises(UnstorableError):
            outbox.put(world.message("c"), world.message(**{"key": "d", **wrong}))
        outbox.put(world.message("e", amount=10))
        assert [entry.message.key for entry in outbox.entries()] == ["a", "e"]
        assert (outbox.summary().count, outbox.summary().amount) == (2, 11)
        assert outbox.verify().problems == ()


@pytest.mark.parametrize("wrong", UNSTORABLE.values(), ids=UNSTORABLE)
def test_what_no_file_can_hold_does_not_spoil_the_commit_of_others(world: World, wrong: dict[str, Any]) -> None:
    async def scenario(outbox: Outbox) -> None:
        bad = world.message(**{"key": "b", **wrong})
        calls = (outbox.put_together(message) for message in (world.message("a"), bad, world.message("c")))
        first, second, third = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(second, UnstorableError)
        assert (first, third) == (None, None)

    with world.open() as outbox:
        world.run(scenario(outbox))
        assert [entry.message.key for entry in outbox.entries()] == ["a", "c"]


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (Limits(count=1), "count"),
        (Limits(amount=150), "amount"),
        (Limits(age=timedelta(hours=1)), "age"),
    ],
)
def test_a_put_beyond_a_limit_is_refused_whole(world: World, limits: Limits, name: str) -> None:
    with world.open(limits=limits) as outbox:
        outbox.put(world.message("a", amount=100))
        world.seconds += 7200
        with pytest.raises(LimitReachedError) as caught:
            outbox.put(world.message("b", amount=100))
        assert caught.value.limit == name
        outbox.put(world.message("a", amount=100))
        assert outbox.summary().count == 1


def test_people_are_warned_before_a_limit_and_again_after_it_was_left(world: World, server: Server) -> None:
    with world.open(limits=Limits(count=5, warn_at=0.6)) as outbox:
        outbox.put(*(world.message(f"a{n}") for n in range(3)))
        outbox.put(world.message("a3"))
        assert [event for event in world.events if isinstance(event, LimitNear)] == [LimitNear("count", 0.6)]
        world.deliver(outbox, server.send, seconds=1)
        outbox.put(world.message("b"))
        outbox.put(world.message("c0"), world.message("c1"))
        assert [event for event in world.events if isinstance(event, LimitNear)] == [LimitNear("count", 0.6)] * 2


def test_without_room_for_the_reserve_nothing_new_is_taken_in_but_answers_are(world: World, server: Server) -> None:
    with world.open() as outbox:
        outbox.put(world.message("a"))
    reserve = world.folder / "queue.db.reserve"
    reserve.unlink()
    reserve.mkdir()
    with world.open() as outbox:
        with pytest.raises(DiskFullError, match="No room"):
            outbox.put(world.message("b"))
        world.deliver(outbox, server.send, seconds=1)
        assert server.effects == ["a"]
        reserve.rmdir()
        outbox.put(world.message("b"))
        assert outbox.summary().count == 1


def test_a_put_writes_one_row_and_fills_the_log_slowly(world: World) -> None:
    with world.open() as outbox:
        log = world.folder / "queue.db-wal"
        before = log.stat().st_size
        for number in range(256):
            outbox.put(world.message(f"{number:032x}", body=bytes(1024)))
        assert (log.stat().st_size - before) / 256 < 15 * 1024


def test_a_put_beside_a_long_backlog_is_told_apart_by_key_whether_filed_or_fresh(world: World) -> None:
    with world.open() as outbox:
        for number in range(150):
            outbox.put(world.message(f"k{number}", "stream"))
            if number == 128:
                outbox.checkpoint()
        assert fresh_rows(world) == 21
        for number in (0, 64, 128, 129, 149):
            outbox.put(world.message(f"k{number}", "stream"))
            with pytest.raises(DuplicateKeyError):
                outbox.put(world.message(f"k{number}", "stream", body=b"another"))
        assert outbox.summary().count == 150
        assert outbox.entry("k149").waits_for == "k0"
        assert [head.message.key for head in outbox.dispatch.heads("processing", 9)] == ["k0"]


def fresh_rows(world: World) -> int:
    """How many rows no index knows yet."""
    with closing(sqlite3.connect(world.path)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM message WHERE state = 6").fetchone()
    return int(count)


def test_a_few_messages_are_not_worth_filing_in_an_idle_moment(world: World) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{number}") for number in range(63)))
        outbox.checkpoint()
        assert fresh_rows(world) == 63
        outbox.put(world.message("one more"))
        outbox.checkpoint()
        assert fresh_rows(world) == 0


def test_without_an_idle_moment_a_put_files_what_has_come_together(world: World) -> None:
    with world.open() as outbox:
        outbox.put(*(world.message(f"k{number:04}", f"stream {number % 7}") for number in range(1_020)))
        assert fresh_rows(world) == 1_020
        for number in range(1_020, 1_030):
            outbox.put(world.message(f"k{number:04}", f"stream {number % 7}"))
        assert fresh_rows(world) < 10
        heads = [head.message.key for head in outbox.dispatch.heads("processing", 9)]
        assert heads == [f"k{number:04}" for number in range(7)]
        assert outbox.verify().problems == ()


def test_what_waits_is_told_by_stream_and_by_destination(
    world: World, server: Server, refusal: type[Exception]
) -> None:
    server.failures["a0"] = refusal("no")
    server.down.add("orders")
    with world.open() as outbox:
        outbox.put(world.message("a0", "a", amount=1), world.message("b0", "b", amount=2, destination="orders"))
        outbox.put(world.message("a1", "a", amount=4, destination="orders"))
        world.deliver(outbox, server.send, seconds=1)
        streams = {load.name: (load.count, load.amount, load.dead) for load in outbox.by_stream()}
        assert streams == {"a": (2, 5, 1), "b": (1, 2, 0)}
        orders, processing = sorted(outbox.by_destination(), key=lambda load: load.name)
        assert (orders.count, orders.amount, orders.dead) == (2, 6, 0)
        assert orders.next_try is not None
        assert (processing.count, processing.next_try) == (1, None)
        assert outbox.summary().next_try == orders.next_try


def test_a_message_needs_names_and_an_aware_time(world: World) -> None:
    with pytest.raises(ValueError, match="key"):
        world.message("", "stream")
    with pytest.raises(ValueError, match="aware"):
        world.message("a", created=datetime(2026, 1, 1))  # noqa: DTZ001 - the naive time is the point


def test_puts_at_the_same_time_share_one_commit_and_keep_their_own_errors(world: World) -> None:
    async def scenario(outbox: Outbox) -> None:
        calls = [outbox.put_together(world.message(f"k{n}", "stream")) for n in range(16)]
        clash = outbox.put_together(world.message("fresh"), world.message("old", body=b"another"))
        *fine, failed = await asyncio.gather(*calls, clash, return_exceptions=True)
        assert fine == [None] * 16
        assert isinstance(failed, DuplicateKeyError)

    with world.open() as outbox:
        outbox.put(world.message("old"))
        statements: list[str] = []
        outbox._storage._connection.set_trace_callback(statements.append)
        world.run(scenario(outbox))
        outbox._storage._connection.set_trace_callback(None)
        assert statements.count("COMMIT") == 1
        assert [entry.message.key for entry in outbox.entries()] == ["old", *(f"k{n}" for n in range(16))]


def test_a_put_that_waits_for_company_is_stored_by_a_close(world: World) -> None:
    async def scenario(outbox: Outbox) -> None:
        put = asyncio.ensure_future(outbox.put_together(world.message("a")))
        asyncio.get_running_loop().call_soon(outbox.close)
        await put

    world.run(scenario(world.open()))
    with world.open() as outbox:
        assert outbox.summary().count == 1


def test_times_are_kept_in_utc_whatever_zone_they_came_in(world: World) -> None:
    novosibirsk = world.now().astimezone(timezone(timedelta(hours=7)))
    with world.open() as outbox:
        outbox.put(world.message("a", created=novosibirsk))
        assert world.message("a", created=novosibirsk).created.isoformat() == "2026-11-21T09:00:00+00:00"
        assert outbox.entry("a").message.created.isoformat() == "2026-11-21T09:00:00+00:00"
