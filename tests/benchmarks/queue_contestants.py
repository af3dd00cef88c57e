"""The queues that are measured, all behind the same two moves; peers are imported only when they are opened."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import importlib
import itertools
import json
import os
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from offline_queue import Courier, Delivered, Event, Later, Limits, Message, Outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Json = dict[str, Any]


def order(number: int) -> Json:
    """An order of a pickup point: 1 024 bytes of compact JSON."""
    lines = [{"sku": "TARIFF-136", "quantity": 1}] * 4
    known: Json = {"number": number, "office": "MSK548", "amount": 250_000, "lines": lines}
    missing = 1024 - len(json.dumps({**known, "note": ""}, separators=(",", ":")))
    return {**known, "note": "x" * missing}


def packed(what: Json) -> str:
    """As it is stored; every contestant pays for packing it."""
    return json.dumps(what, separators=(",", ":"))


class Contestant(Protocol):
    """One queue: ``put`` returns when it holds the order as safely as it can, ``take`` is get and ack of the first."""

    def put(self, what: Json) -> None: ...

    def take(self) -> None: ...

    def level(self) -> str: ...

    def rest(self) -> None: ...

    def fill(self, first: int, count: int) -> None: ...


def level_of(connection: sqlite3.Connection) -> str:
    """What SQLite says that it does."""
    (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    return f"{journal.upper()} {('OFF', 'NORMAL', 'FULL', 'EXTRA')[synchronous]}"


class OneByOne:
    """What most contestants share: nothing to do in idle moments, and no faster way to take in many."""

    def put(self, what: Json) -> None:
        raise NotImplementedError

    def rest(self) -> None:
        """Nothing: it has no use for an idle moment."""

    def fill(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            self.put(order(number))


class PlainSqlite(OneByOne):
    """The yardstick: one table, one statement, one commit."""

    def __init__(self, folder: Path, synchronous: str = "FULL") -> None:
        self._connection = sqlite3.connect(folder / "queue.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        self._connection.execute("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, body TEXT)")

    def put(self, what: Json) -> None:
        self._connection.execute("INSERT INTO orders (body) VALUES (?)", (packed(what),))

    def take(self) -> None:
        number, body = self._connection.execute("SELECT id, body FROM orders ORDER BY id LIMIT 1").fetchone()
        json.loads(body)
        self._connection.execute("DELETE FROM orders WHERE id = ?", (number,))

    def level(self) -> str:
        return level_of(self._connection)

    def fill(self, first: int, count: int) -> None:
        self._connection.execute("BEGIN")
        super().fill(first, count)
        self._connection.execute("COMMIT")


class AesGcm:
    """The cipher of the till, or where its library is missing one of hashes alone, which costs more."""

    def __init__(self) -> None:
        try:
            aead = importlib.import_module("cryptography.hazmat.primitives.ciphers.aead")
        except ImportError:
            self.name, self._aes = "sha256-stream", None
        else:
            self.name, self._aes = "aes-256-gcm", aead.AESGCM(b"k" * 32)

    def seal(self, body: bytes, bound_to: bytes) -> bytes:
        nonce = os.urandom(12)
        if self._aes is not None:
            sealed: bytes = self._aes.encrypt(nonce, body, bound_to)
            return nonce + sealed
        stream = hashlib.shake_256(b"k" * 32 + nonce).digest(len(body))
        veiled = (int.from_bytes(body, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(body), "big")
        return nonce + hmac.digest(b"k" * 32, nonce + bound_to + veiled, "sha256")[:16] + veiled

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        nonce = sealed[:12]
        if self._aes is not None:
            body: bytes = self._aes.decrypt(nonce, sealed[12:], bound_to)
            return body
        tag, veiled = sealed[12:28], sealed[28:]
        if not hmac.compare_digest(tag, hmac.digest(b"k" * 32, nonce + bound_to + veiled, "sha256")[:16]):
            raise ValueError("sealed by another key, or for another message")
        stream = hashlib.shake_256(b"k" * 32 + nonce).digest(len(veiled))
        return (int.from_bytes(veiled, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(veiled), "big")


def message(what: Json) -> Message:
    """As the till puts it: a key that was minted before and grows, a stream for each order, money and a label."""
    number = str(what["number"])
    return Message(
        key=number,
        stream=number,
        destination="processing",
        kind="order",
        body=packed(what).encode(),
        created=datetime.now(UTC),
        amount=what["amount"],
        label=number,
    )


_LIMITS = Limits(count=10**8, amount=10**15, age=timedelta(days=3_650))


class OfflineQueue:
    """Ours with all that a shop sets, every limit and somebody who listens, or without both.

    Takes by its own get and ack, which is what the courier calls.
    """

    def __init__(self, folder: Path, *, encrypted: bool = False, limited: bool = True) -> None:
        cipher, limits = AesGcm() if encrypted else None, _LIMITS if limited else None
        self.outbox = Outbox.open(folder / "queue.db", account="bench", cipher=cipher, limits=limits)
        self.heard = 0
        if limited:
            self.outbox.subscribe(self._hear)
        self._dispatch = self.outbox.dispatch

    def _hear(self, _event: Event) -> None:
        self.heard += 1

    def put(self, what: Json) -> None:
        self.outbox.put(message(what))

    def take(self) -> None:
        (head,) = self._dispatch.heads("processing", 1)
        json.loads(head.message.body)
        self._dispatch.delivered(head, "taken", recovered=False)

    def level(self) -> str:
        return level_of(self.outbox._storage._connection)

    def rest(self) -> None:
        self.outbox.checkpoint()

    def fill(self, first: int, count: int) -> None:
        self.outbox.put(*(message(order(number)) for number in range(first, first + count)))


class OfflineQueueAndCourier(OfflineQueue):
    """Ours from end to end: a take is a delivery by the courier, event loop and all."""

    def __init__(self, folder: Path, *, encrypted: bool = False) -> None:
        super().__init__(folder, encrypted=encrypted)
        self._runner = asyncio.Runner()

    def times_to_take(self, count: int) -> list[int]:
        """Nanoseconds from each delivery to the next."""
        return self._runner.run(self._deliver(count))

    async def _deliver(self, count: int) -> list[int]:
        moments = [time.perf_counter_ns()]
        done = asyncio.Event()

        def on_event(event: Event) -> None:
            if isinstance(event, Delivered):
                moments.append(time.perf_counter_ns())
                if len(moments) > count:
                    done.set()

        async def send(sent: Message) -> None:
            json.loads(sent.body)

        unsubscribe = self.outbox.subscribe(on_event)
        work = asyncio.create_task(Courier(self.outbox, send, lambda error: Later(str(error))).run())
        await done.wait()
        unsubscribe()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        return [after - before for before, after in itertools.pairwise(moments)]


class PersistQueue(OneByOne):
    def __init__(self, folder: Path) -> None:
        self._queue = importlib.import_module("persistqueue").SQLiteAckQueue(str(folder / "queue"))

    def put(self, what: Json) -> None:
        self._queue.put(what)

    def take(self) -> None:
        self._queue.ack(self._queue.get(block=False))

    def level(self) -> str:
        return level_of(self._queue._putter)


class LiteQueue(OneByOne):
    def __init__(self, folder: Path, *, forced: bool = False) -> None:
        self._queue = importlib.import_module("litequeue").LiteQueue(str(folder / "queue.db"))
        if forced:
            self._queue.conn.execute("PRAGMA synchronous = FULL")

    def put(self, what: Json) -> None:
        self._queue.put(packed(what))

    def take(self) -> None:
        taken = self._queue.pop()
        json.loads(taken.data)
        self._queue.done(taken.message_id)

    def level(self) -> str:
        return level_of(self._queue.conn)


class Huey(OneByOne):
    """No ack: what was read is gone, which is cheaper and loses the order in hand."""

    def __init__(self, folder: Path, *, forced: bool = False) -> None:
        settings = {"fsync": True} if forced else {}
        huey = importlib.import_module("huey").SqliteHuey("orders", filename=str(folder / "queue.db"), **settings)
        self._storage = huey.storage

    def put(self, what: Json) -> None:
        self._storage.enqueue(packed(what).encode())

    def take(self) -> None:
        json.loads(self._storage.dequeue())

    def level(self) -> str:
        return level_of(self._storage.conn)


class SimpleBroker(OneByOne):
    """Peek and delete: its own read is gone before it is done."""

    def __init__(self, folder: Path) -> None:
        self._queue = importlib.import_module("simplebroker").Queue(
            "orders", db_path=str(folder / "queue.db"), persistent=True
        )

    def put(self, what: Json) -> None:
        self._queue.write(packed(what))

    def take(self) -> None:
        body, number = self._queue.peek_one(with_timestamps=True)
        json.loads(body)
        self._queue.delete(message_id=number)

    def level(self) -> str:
        with self._queue.get_connection() as connection:
            runner = connection._runner
            ((journal,),) = runner.run("PRAGMA journal_mode", fetch=True)
            ((synchronous,),) = runner.run("PRAGMA synchronous", fetch=True)
        return f"{journal.upper()} {('OFF', 'NORMAL', 'FULL', 'EXTRA')[synchronous]}"


class LocalQueue(OneByOne):
    def __init__(self, folder: Path, *, forced: bool = False) -> None:
        module = importlib.import_module("localqueue")
        mode = module.DurabilityMode.DURABLE if forced else module.DurabilityMode.RELAXED
        self._queue = module.SimpleQueue(str(folder), durability=mode)
        self._level = "WAL FULL" if forced else "WAL NORMAL"

    def put(self, what: Json) -> None:
        self._queue.put(what)

    def take(self) -> None:
        self._queue.ack(self._queue.get_nowait())

    def level(self) -> str:
        return f"{self._level}, by its documents"


class LeanQueue(OneByOne):
    def __init__(self, folder: Path) -> None:
        self._queue = importlib.import_module("leanqueue").LeanQueueCore(str(folder / "queue.log"))

    def put(self, what: Json) -> None:
        self._queue.enqueue(packed(what).encode())

    def take(self) -> None:
        number, body, *_ = self._queue.dequeue()
        json.loads(body)
        self._queue.ack(number)

    def level(self) -> str:
        return "log, fsync each, by its documents"


CONTESTANTS: dict[str, tuple[str, Callable[[Path], Contestant]]] = {
    "sqlite3 WAL FULL": ("", PlainSqlite),
    "sqlite3 WAL NORMAL": ("", lambda folder: PlainSqlite(folder, "NORMAL")),
    "offline_queue": ("", OfflineQueue),
    "offline_queue, encrypted": ("", lambda folder: OfflineQueue(folder, encrypted=True)),
    "offline_queue, no limits": ("", lambda folder: OfflineQueue(folder, limited=False)),
    "offline_queue, no limits, encrypted": ("", lambda folder: OfflineQueue(folder, encrypted=True, limited=False)),
    "offline_queue, by its courier": ("", OfflineQueueAndCourier),
    "offline_queue, encrypted, by its courier": ("", lambda folder: OfflineQueueAndCourier(folder, encrypted=True)),
    "persist-queue": ("persist-queue", PersistQueue),
    "litequeue": ("litequeue", LiteQueue),
    "litequeue, forced FULL": ("litequeue", lambda folder: LiteQueue(folder, forced=True)),
    "huey (no ack)": ("huey", Huey),
    "huey (no ack), forced FULL": ("huey", lambda folder: Huey(folder, forced=True)),
    "simplebroker": ("simplebroker", SimpleBroker),
    "localqueue": ("localqueue", LocalQueue),
    "localqueue, forced FULL": ("localqueue", lambda folder: LocalQueue(folder, forced=True)),
    "leanqueue": ("leanqueue", LeanQueue),
}
"""Name: what pip must install for it, and how to open it. The two without a forced twin are as safe as they can be."""
