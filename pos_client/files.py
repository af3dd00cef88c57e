"""The files of a till: what waits to go out, every sale, and the books beside them; opened together or not at all."""

import logging
import sys
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from offline_queue import Cipher, Limits, OutboxError, OwnerRunningError, StorageError
from offline_queue import Outbox as Queue
from pos_client.adapters.books import Books
from pos_client.adapters.journal import Quarantined, SqliteJournal
from pos_client.adapters.sealing import AesGcm, carrying_words, cipher_of_words, queue_key
from pos_client.domain.money import Money
from pos_client.places import key_file
from pos_client.ports import Clock
from pos_client.settings import QueueSection, Settings, load

__all__ = ["Files", "StartError", "carry_in", "carry_out", "make_cipher", "queue_cipher"]

log = logging.getLogger(__name__)


class StartError(Exception):
    """The till cannot start here; the text is one Russian sentence."""


class Files:
    """The queue, the journal and the books of one till, in one folder; `limits` are those of the queue.

    Raises:
        StartError: one of them does not open; those that did are closed again.
    """

    def __init__(
        self, settings: Settings, folder: Path, *, training: bool, clock: Clock, cipher: Cipher | None
    ) -> None:
        self.limits = _limits(settings.queue)
        account = _account(settings, training=training)
        with ExitStack() as opened:
            self.queue = _open_queue(folder / "outbox.sqlite3", account, cipher, self.limits, clock)
            opened.callback(self.queue.close)
            try:
                self.journal = SqliteJournal(folder / "journal.sqlite3", now=clock, on_unreadable=_tell_unreadable)
                opened.callback(self.journal.close)
                self.books = Books(folder / "books.sqlite3")
                opened.callback(self.books.close)
            except OSError as error:
                raise StartError(str(error)) from error
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let them all go; may be called twice."""
        self._opened.close()


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


def carry_out() -> Cipher:
    """The cipher of what this computer's till hands over; tells the words that open it, the same each time.

    Raises:
        SettingsError, OSError: there is no such till, or its key cannot be read.
    """
    words = carrying_words(queue_key(_account(load(), training=False), key_file()).key)
    sys.stderr.write(f"Ключ переноса, его спросит другая касса: {words}\n")
    return cipher_of_words(words)


def carry_in() -> Cipher:
    """The cipher of what another till handed over, by the words that it told.

    Raises:
        ValueError: these are no such words.
    """
    sys.stderr.write("Ключ переноса, который назвала другая касса: ")
    sys.stderr.flush()
    return cipher_of_words(sys.stdin.readline())


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
