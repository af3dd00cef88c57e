"""One till on one data folder: the second one says so and brings the first to the front."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

__all__ = ["SingleInstance"]

_CALL_MS = 500


class SingleInstance(QObject):
    """Holds the data folder for this process. The kernel lets go of it when the process dies, however it dies."""

    asked_to_show = Signal()
    """Somebody tried to start a second till here."""

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = QLockFile(str(folder / "till.lock"))
        # Never stale by age: a till may run for weeks. A dead owner is found by its process id.
        self._lock.setStaleLockTime(0)
        self._folder = folder
        self._server: QLocalServer | None = None

    def acquire(self) -> bool:
        """Whether this process is now the only till on the folder."""
        return self._lock.tryLock(0)

    def hear(self) -> None:
        """Be called by later tills from now on. Apart from `acquire`: the network is loaded after the first paint."""
        from PySide6.QtNetwork import QLocalServer  # noqa: PLC0415 - as said above

        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_call)
        QLocalServer.removeServer(self._name)  # a socket file that a killed till left behind
        self._server.listen(self._name)

    @cached_property
    def _name(self) -> str:
        from hashlib import sha256  # noqa: PLC0415 - the same

        return "pos-client-" + sha256(str(self._folder.resolve()).encode()).hexdigest()[:24]

    def holder(self) -> str:
        """Who holds the folder, for a person: process number and machine; empty when it cannot be told."""
        pid, host, _program = self._lock.getLockInfo()
        return f"процесс {pid}, компьютер {host}" if pid else ""

    def show_the_first(self) -> bool:
        """Ask the till that holds the folder to come to the front. Whether it heard."""
        from PySide6.QtNetwork import QLocalSocket  # noqa: PLC0415 - only the second till calls

        call = QLocalSocket()
        call.connectToServer(self._name)
        heard = call.waitForConnected(_CALL_MS)
        call.disconnectFromServer()
        return heard

    def release(self) -> None:
        """Let the next till in."""
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    def _on_call(self) -> None:
        while self._server is not None and self._server.hasPendingConnections():
            call = self._server.nextPendingConnection()
            call.disconnectFromServer()
            call.deleteLater()
        self.asked_to_show.emit()
