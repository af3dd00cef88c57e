"""Puts the parts together; only this file, `services` and `files` name concrete adapters."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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
    Moved,
    Pace,
    Retried,
    Salvage,
    Salvaged,
    Skipped,
    StorageError,
)
from pos_client.adapters.books import SqliteConsents, SqliteDebts
from pos_client.adapters.consent_texts import bundled_texts
from pos_client.adapters.correction_book import SqliteCorrectionBook
from pos_client.adapters.delivery import Deliveries, classify
from pos_client.adapters.journal import warm_up as warm_up_journal
from pos_client.adapters.outbox import DurableOutbox
from pos_client.adapters.refund_book import SqliteRefundBook
from pos_client.adapters.refund_book import warm_up as warm_up_refunds
from pos_client.adapters.slip_book import SqliteSlipBook
from pos_client.adapters.transport import Wire
from pos_client.adapters.transport import warm_up as warm_up_tls
from pos_client.conditions.refresh import refresher
from pos_client.conditions.standing import Standing
from pos_client.counter.checkout import CheckoutSettings
from pos_client.counter.correction_words import correction_stuck
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
    disk_failed,
    queue_near_limit,
    queue_salvaged,
)
from pos_client.domain.receipt import ReceiptWords
from pos_client.domain.sale import Cashier, Trouble
from pos_client.files import Files, StartError, carry_in, carry_out, make_cipher, queue_cipher
from pos_client.ports import Clock, PosError, Service
from pos_client.services import Services, fiscal_rules, real_time
from pos_client.settings import Settings

__all__ = [
    "Cipher",
    "StartError",
    "Till",
    "Waiting",
    "Watch",
    "carry_in",
    "carry_out",
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
        waiting = waiting or Waiting()
        self._watch = watch or Watch()
        self._standing = standing or Standing(settings, settings)
        self.checkout_settings = _checkout_settings(settings, self._standing.receipt_words())

        # What it calls, what it keeps, and what carries from the one to the other.
        self._services = Services(settings, clock=clock, on_call=self._called, wire=wire, notes=folder)
        self.health = Health(clock, also=self._services.also, on_recovered=self._recovered)
        self._files = Files(settings, folder, training=training, clock=clock, cipher=cipher)
        spread = 0.0 if training else _SPREAD_AT_START
        self._courier = _courier(self._services, self._files, clock, waiting, spread)
        self.outside = _outside(self._services, self._files, self._courier, clock, new_id)

        # Who works with it: a person, and what goes on without one.
        self.desk = self._desk(settings, training=training)
        self.debts = self._debts(waiting)
        self._refresher = refresher(self._standing, folder, now=clock, wire=wire, tell=self._tell_conditions)

        self.desk.listen(self.debts.seen)
        self.desk.refunds.settle_debts_by(self.debts.cancelled)
        self._tell_what_was_found()
        self._files.queue.subscribe(self._on_queue)

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
            self._files.close()
            raise StartError(disk_failed(error).what) from error

    @property
    def corrections(self) -> Corrections:
        """What puts wrong documents right: one for the counter and for what goes on without it."""
        return self.desk.corrections

    def _debts(self, waiting: Waiting) -> Debts:
        return Debts(
            self.outside,
            self.health,
            notices=bool(self._services.names.notice),
            on_change=self.desk.changed,
            monotonic=waiting.monotonic,
            sleep=waiting.sleep,
        )

    def _tell_what_was_found(self) -> None:
        """What happened to the files before anybody could listen: at their opening, or by the desk's first look."""
        for report in self._files.queue.salvages:
            self._tell_salvage(report)
        if self._files.books.set_aside:
            self.desk.say(book_set_aside(self._files.books.set_aside))

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
        self._files.close()

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


def _courier(services: Services, files: Files, clock: Clock, waiting: Waiting, spread: float) -> Courier:
    """What takes the facts to where they belong, over `spread` seconds at the start."""
    return Courier(
        files.queue,
        Deliveries(services.orders, services.processing, now=clock).send,
        classify,
        pace=Pace(start=spread),
        now=clock,
        monotonic=waiting.monotonic,
        sleep=waiting.sleep,
    )


def _outside(services: Services, files: Files, courier: Courier, clock: Clock, new_id: Callable[[], UUID]) -> Outside:
    """The services and the files as the counter knows them; the courier hears of every new fact."""
    debts = SqliteDebts(files.books)
    return Outside(
        services.processing,
        services.orders,
        services.register,
        files.journal,
        DurableOutbox(
            files.queue,
            services.names,
            now=clock,
            wake=courier.wake,
            limits=files.limits,
            promise=partial(promise, debts),
        ),
        clock,
        new_id,
        debts,
        refunds=services.orders,
        refund_book=SqliteRefundBook(files.journal),
        corrections=SqliteCorrectionBook(files.journal),
        slips=SqliteSlipBook(files.journal),
        members=services.members,
        consents=SqliteConsents(files.books),
        terminal=services.terminal,
        sbp=services.sbp,
    )


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
