"""Puts the parts together; only this file and `services` name concrete adapters."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

from offline_queue import (
    Cipher,
    Courier,
    Delivered,
    Died,
    Event,
    LanePaused,
    LimitNear,
    Limits,
    Moved,
    OutboxError,
    OwnerRunningError,
    Pace,
    Retried,
    Salvage,
    Salvaged,
    Skipped,
    StorageError,
)
from offline_queue import Outbox as Queue
from pos_client.adapters.books import Books, SqliteConsents, SqliteDebts
from pos_client.adapters.consent_texts import bundled_texts
from pos_client.adapters.correction_book import SqliteCorrectionBook
from pos_client.adapters.delivery import Deliveries, classify
from pos_client.adapters.journal import Quarantined, SqliteJournal
from pos_client.adapters.journal import warm_up as warm_up_journal
from pos_client.adapters.outbox import DurableOutbox
from pos_client.adapters.refund_book import SqliteRefundBook
from pos_client.adapters.refund_book import warm_up as warm_up_refunds
from pos_client.adapters.sealing import AesGcm, queue_key
from pos_client.adapters.transport import Wire
from pos_client.adapters.transport import warm_up as warm_up_tls
from pos_client.conditions.refresh import refresher
from pos_client.conditions.standing import Standing
from pos_client.counter.checkout import CheckoutSettings
from pos_client.counter.corrections import Corrections
from pos_client.counter.debts import Debts, promise
from pos_client.counter.desk import Desk
from pos_client.counter.health import Health
from pos_client.counter.patience import PatienceSettings
from pos_client.counter.pricing import Outside
from pos_client.counter.scans import Formats
from pos_client.counter.tendering import MoneySettings
from pos_client.counter.words import (
    book_failed,
    book_set_aside,
    correction_stuck,
    disk_failed,
    queue_near_limit,
    queue_salvaged,
)
from pos_client.domain.money import Money
from pos_client.domain.receipt import ReceiptWords
from pos_client.domain.sale import Cashier, Trouble
from pos_client.places import key_file
from pos_client.ports import Clock, PosError, Service
from pos_client.services import Services, fiscal_rules, real_time
from pos_client.settings import QueueSection, Settings, load

__all__ = [
    "Cipher",
    "StartError",
    "Till",
    "Waiting",
    "Watch",
    "make_cipher",
    "queue_cipher",
    "real_time",
    "warm_up",
]

log = logging.getLogger(__name__)

_SPREAD_AT_START = 30.0
"""Seconds over which the tills of a chain, switched on at the same minute, spread what the night has left."""
_DISK_REST = 10.0
"""Seconds between tries to go on after the disk refused."""


def warm_up() -> None:
    """Do now, in any thread, what would otherwise make the first sale wait: certificates and schemas."""
    warm_up_tls()
    warm_up_journal()
    warm_up_refunds()


class StartError(Exception):
    """The till cannot start here; the text is one Russian sentence."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How often, in seconds, the till looks at what it is not using just now."""

    register_every: float = 60.0
    probe_every: float = 5.0
    probe_within: float = 2.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How the courier waits: really, or in a test that lives through days in a second."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


class Till:
    """Everything of a till but its window. An asynchronous context manager; `desk` is what the window talks to."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        *,
        training: bool,
        clock: Clock = real_time,
        new_id: Callable[[], UUID] = uuid4,
        wire: Wire | None = None,
        watch: Watch | None = None,
        waiting: Waiting | None = None,
        cipher: Cipher | None = None,
        standing: Standing | None = None,
    ) -> None:
        self._watch = watch or Watch()
        self._standing = standing or Standing(settings, settings)
        self._services = Services(settings, clock=clock, on_call=self._called, wire=wire)
        self.health = Health(clock, also=self._services.also, on_recovered=self._recovered)
        services = self._services
        orders, processing, register, names = services.orders, services.processing, services.register, services.names
        limits = _limits(settings.queue)
        self._queue = _open_queue(
            folder / "outbox.sqlite3", _account(settings, training=training), cipher, limits, clock
        )
        try:
            self._journal = SqliteJournal(folder / "journal.sqlite3", now=clock, on_unreadable=_tell_unreadable)
        except OSError as error:
            self._queue.close()
            raise StartError(str(error)) from error
        try:
            self._books = Books(folder / "books.sqlite3")
        except OSError as error:
            self._journal.close()
            self._queue.close()
            raise StartError(str(error)) from error
        book = SqliteDebts(self._books)
        deliveries = Deliveries(orders, processing, now=clock)
        waiting = waiting or Waiting()
        self._courier = Courier(
            self._queue,
            deliveries.send,
            classify,
            pace=Pace(start=0.0 if training else _SPREAD_AT_START),
            now=clock,
            monotonic=waiting.monotonic,
            sleep=waiting.sleep,
        )
        self.outside = Outside(
            processing,
            orders,
            register,
            self._journal,
            DurableOutbox(
                self._queue, names, now=clock, wake=self._courier.wake, limits=limits, promise=partial(promise, book)
            ),
            clock,
            new_id,
            book,
            refunds=orders,
            refund_book=SqliteRefundBook(self._journal),
            members=services.members,
            consents=SqliteConsents(self._books),
            terminal=services.terminal,
            sbp=services.sbp,
        )
        self.checkout_settings = _checkout_settings(settings, self._standing.receipt_words())
        self.desk = self._desk(settings, training=training)
        self.corrections = Corrections(
            register,
            SqliteCorrectionBook(self._journal),
            now=clock,
            new_id=new_id,
            rules=self.checkout_settings.rules,
            check_for=self.checkout_settings.receipt_check_for,
            check_pause=self.checkout_settings.receipt_check_pause,
        )
        self.debts = Debts(
            self.outside,
            self.health,
            notices=bool(names.notice),
            on_change=self.desk.changed,
            monotonic=waiting.monotonic,
            sleep=waiting.sleep,
        )
        self.desk.listen(self.debts.seen)
        self.desk.refunds.settle_debts_by(self.debts.cancelled)
        self._refresher = refresher(self._standing, folder, now=clock, wire=wire, tell=self._tell_conditions)
        for report in self._queue.salvages:
            # Found before anybody could listen: at the opening, or by the desk's first look.
            self._tell_salvage(report)
        if self._books.set_aside:
            self.desk.say(book_set_aside(self._books.set_aside))
        self._queue.subscribe(self._on_queue)

    def _desk(self, settings: Settings, *, training: bool) -> Desk:
        counter = settings.counter
        formats = Formats(
            settings.orders.number_format, counter.cdek_id_format, counter.card_format, counter.coupon_format
        )
        try:
            return Desk(
                self.outside,
                self.health,
                self.checkout_settings,
                formats=formats,
                training=training,
                consent_texts=lambda: self._standing.consents() or bundled_texts(),
            )
        except OSError as error:
            # What unfinished sales owe is put at once, and a full disk refuses even that.
            self._books.close()
            self._journal.close()
            self._queue.close()
            raise StartError(disk_failed(error).what) from error

    def _tell_conditions(self, trouble: Trouble) -> bool:
        """Nothing that the cashier has not read yet is talked over."""
        if self.desk.state.notice is not None:
            return False
        self.desk.say(trouble)
        return True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._services.close()
        self._books.close()
        self._journal.close()
        self._queue.close()

    async def run(self) -> None:
        """Deliver what waits and watch what may fail, until cancelled."""
        watch = self._watch
        async with asyncio.TaskGroup() as group:
            if self._refresher is not None:
                group.create_task(self._refresher.run(), name="conditions")
            group.create_task(self.deliver(), name="courier")
            group.create_task(self.follow_debts(), name="debts")
            group.create_task(self.finish_corrections(), name="corrections")
            group.create_task(
                self.desk.watch(
                    register_every=watch.register_every,
                    probe_every=watch.probe_every,
                    probe_within=watch.probe_within,
                ),
                name="watch",
            )

    async def deliver(self) -> None:
        """Take what waits to where it belongs, until cancelled."""
        while True:
            try:
                await self._courier.run()
            except StorageError as error:
                # Nothing is lost: what was not delivered is delivered again when the disk is well.
                log.exception("the queue's disk failed")
                self.desk.say(disk_failed(OSError(0, str(error))))
                await asyncio.sleep(_DISK_REST)

    async def follow_debts(self) -> None:
        """Follow every debt of points to its end, until cancelled. What is wrong is said once, over nothing unread."""
        said = ""
        while True:
            try:
                await self.debts.run()
            except OSError as error:
                log.exception("the book of debts or its outbox failed")
                if str(error) != said and self.desk.state.notice is None:
                    said = str(error)
                    self.desk.say(book_failed(error))
                await asyncio.sleep(_DISK_REST)

    async def finish_corrections(self) -> None:
        """Carry through every correction that was begun and cut short. What is wrong is said once, over nothing unread.

        Only the register can tell when it will do, so it is tried as often as it is looked at.
        """
        said: Trouble | None = None
        while True:
            try:
                left = [one for one in await self.corrections.resume() if one.is_open]
                if not left:
                    return
                stuck = [correction_stuck(one.wrong.number, one.trouble) for one in left if one.trouble is not None]
            except OSError as error:
                log.exception("the book of corrections failed")
                stuck = [disk_failed(error)]
            if stuck and stuck[0] != said and self.desk.state.notice is None:
                said = stuck[0]
                self.desk.say(said)
            await asyncio.sleep(self._watch.register_every)

    def _called(self, service: Service, works: bool, _seconds: float, error: PosError | None) -> None:  # noqa: FBT001 - as OnCall has it
        self.health.called(service, works=works, error=error)

    def _recovered(self, service: Service) -> None:
        log.info("%s answers again", service.value)
        self._courier.wake()
        if service is Service.PROCESSING:
            self.debts.wake()

    def _on_queue(self, event: Event) -> None:
        match event:
            case Died(message, words):
                log.warning("%s %s needs a human: %s", message.kind, message.key, words)
                self.debts.heard(message.key)
            case LanePaused():
                log.warning("a lane waits for a person: %s", event)
            case Delivered(message):
                log.info("%s %s arrived", message.kind, message.key)
                self.debts.heard(message.key)
            case Retried(message) | Skipped(message) | Moved(message):
                self.debts.heard(message.key)
            case LimitNear(limit, share):
                log.warning("the queue is at %d %% of its limit of %s", share * 100, limit)
                self.desk.say(queue_near_limit(limit, share))
            case Salvaged(report):
                self._tell_salvage(report)
            case _:
                pass
        self.desk.changed()

    def _tell_salvage(self, report: Salvage) -> None:
        log.warning("the queue was salvaged: %s", report)
        kept_as = Path(report.moved_to).name
        self.desk.say(queue_salvaged(report.read, len(report.damaged), len(report.lost), kept_as))


def make_cipher(settings: Settings, key_file: Path, *, training: bool) -> Cipher:
    """What seals this till's queue; its key is made at the first start. Slow on some systems: call it in a thread.

    Raises:
        StartError: there is nowhere to keep the key.
    """
    try:
        return AesGcm(queue_key(_account(settings, training=training), key_file).key)
    except OSError as error:
        raise StartError(str(error)) from error


def queue_cipher() -> Cipher:
    """The cipher of the real till set up on this computer, for support at the command line of its queue.

    Raises:
        SettingsError: there is no such till.
        StartError: its key cannot be read.
    """
    return make_cipher(load(), key_file(), training=False)


def _checkout_settings(settings: Settings, receipt_words: ReceiptWords) -> CheckoutSettings:
    till, counter, sbp = settings.till, settings.counter, settings.sbp
    return CheckoutSettings(
        till.office,
        till.number,
        Cashier(till.cashier, till.cashier_inn),
        PatienceSettings(counter.slow, counter.budget, counter.longer),
        counter.receipt_check_for,
        counter.receipt_check_pause,
        counter.confirm_spending,
        receipt_words,
        MoneySettings(counter.receipt_check_for, counter.receipt_check_pause, sbp.life, sbp.poll_every),
        fiscal_rules(settings),
    )


def _account(settings: Settings, *, training: bool) -> str:
    """What the queue is bound to: what was sold for practice never reaches a live service."""
    return f"{'training' if training else 'live'}|{settings.processing.endpoint}|{settings.till.office}"


def _limits(section: QueueSection) -> Limits | None:
    """The shop's limits, if it has set any: nothing is counted that nobody limits."""
    if not (section.most or section.most_money or section.oldest_hours):
        return None
    return Limits(
        count=section.most or None,
        amount=Money.from_roubles(section.most_money).kopecks or None,
        age=timedelta(hours=section.oldest_hours) or None,
        warn_at=section.warn_at,
    )


def _open_queue(path: Path, account: str, cipher: Cipher | None, limits: Limits | None, clock: Clock) -> Queue:
    try:
        return Queue.open(path, account=account, now=clock, limits=limits, cipher=cipher)
    except OwnerRunningError as error:
        raise StartError(f"На этой папке данных уже работает касса (процесс {error.pid}).") from error
    except StorageError as error:
        raise StartError(f"Очередь отправки {path} не открывается: {error}") from error
    except OutboxError as error:
        raise StartError(f"Очередь отправки {path} не подходит этой кассе: {error}") from error


def _tell_unreadable(found: Quarantined) -> None:
    log.error("the journal holds a sale that cannot be read: %s (%s)", found.sale, found.why)
