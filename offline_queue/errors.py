"""What may go wrong with the queue itself, by type; deliveries that fail are not errors here but fates."""

from __future__ import annotations


class OutboxError(Exception):
    """Everything that the queue raises on purpose; the text is one sentence for a person."""


class OwnerRunningError(OutboxError):
    """Another process has the file.

    Attributes:
        pid: its process id, or None if it could not be read.
        since: when it took the file, as ISO 8601, or "".
    """

    def __init__(self, path: str, pid: int | None, since: str) -> None:
        holder = f"process {pid}, since {since}" if pid is not None else "another process"
        super().__init__(f"The queue {path} is open in {holder}.")
        self.pid = pid
        self.since = since


class AccountMismatchError(OutboxError):
    """The file was made for another account; training must never reach the live one.

    Attributes:
        wanted: the account that was asked for.
        found: the account written in the file.
    """

    def __init__(self, path: str, wanted: str, found: str) -> None:
        super().__init__(f"The queue {path} belongs to account «{found}», not «{wanted}».")
        self.wanted = wanted
        self.found = found


class SchemaError(OutboxError):
    """The file is of a version that this program cannot use as it stands, or no queue at all."""


class WrongCipherError(OutboxError):
    """The file was sealed by another cipher or key, by none, or the other way round; it is not damaged."""


class DurabilityRefusedError(OutboxError):
    """SQLite would not promise that a COMMIT survives a power cut."""


class DuplicateKeyError(OutboxError):
    """A key was used again for a message that is not the same.

    Attributes:
        key: the key.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"The key {key} already stands for another message.")
        self.key = key


class UnstorableError(OutboxError):
    """What no file can hold: text that cannot be written as UTF-8, an amount beyond 64 bits, a body beyond 64 MiB."""


class ClosedError(OutboxError):
    """The queue was closed by this program; nothing of the call was stored."""


class LimitReachedError(OutboxError):
    """More waits than the shop allows; nothing was stored.

    Attributes:
        limit: "count", "amount" or "age".
    """

    def __init__(self, limit: str) -> None:
        super().__init__(f"The queue has reached its limit of {limit}.")
        self.limit = limit


class UnknownKeyError(OutboxError):
    """No message has this key."""


class IllegalMoveError(OutboxError):
    """The message is not in a state that allows this, or it is being sent at this moment."""


class StorageError(OutboxError):
    """The disk or SQLite failed.

    After an I/O error nobody knows what reached the disk. The queue opens the file again at the next call by itself:
    put again under the same key, and it is stored once.
    """


class DiskFullError(StorageError):
    """No room on the disk; nothing of the call was stored."""


class ReadOnlyError(StorageError):
    """The file or its folder cannot be written; nothing of the call was stored."""


class NetworkDriveError(StorageError):
    """The file lies on a drive that keeps neither locks nor what it acknowledged."""


class DamagedError(StorageError):
    """The file was found damaged; the next call finds the queue salvaged, see ``Outbox.salvages``."""


class TransferError(OutboxError):
    """An export file cannot be used: not one, cut short, changed, for another account, or sealed otherwise."""
