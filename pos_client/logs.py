"""The till's own log: one JSON line per event in the data folder, bounded, with personal data masked."""

import logging
import re
import sys
import threading
from functools import cached_property
from pathlib import Path
from types import TracebackType

__all__ = ["catch_bugs", "masked", "start_logging"]

_MEGABYTE = 1_000_000
_SECRET = re.compile(r"(SecretKey|Bearer|client_secret\W{1,3}|secret_key\W{1,3})\s*[^\s\"',}]+", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)(?:\+?7|8)9\d{9}(?!\d)")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")


def masked(text: str) -> str:
    """The text without secrets, phones and addresses: a log may leave the shop in a letter to support."""
    text = _SECRET.sub(r"\1 •••", text)
    text = _PHONE.sub(lambda found: "•••" + found.group()[-2:], text)
    return _EMAIL.sub("•••@•••", text)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "where": record.name,
            "what": masked(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = masked(self.formatException(record.exc_info))
        import json  # noqa: PLC0415 - with the first line, not before the first paint

        return json.dumps(line, ensure_ascii=False)


class _File(logging.Handler):
    """The file of the log; what turns it over is loaded with its first line, which a sound start does not have."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        path.open("ab").close()
        self.setFormatter(_JsonLines())

    @cached_property
    def _turning(self) -> logging.Handler:
        from logging.handlers import RotatingFileHandler  # noqa: PLC0415 - as the class says

        made = RotatingFileHandler(self._path, maxBytes=_MEGABYTE, backupCount=4, encoding="utf-8")
        made.setFormatter(self.formatter)
        return made

    def emit(self, record: logging.LogRecord) -> None:
        self._turning.handle(record)

    def close(self) -> None:
        if "_turning" in vars(self):
            self._turning.close()
        super().close()


def start_logging(folder: Path, *, also_console: bool = False) -> None:
    """Write to `folder/till.log`, five megabytes at most, from now on.

    Raises:
        OSError: the file cannot be written.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs whole addresses, and those carry numbers
    root.addHandler(_File(folder / "till.log"))
    if also_console:
        console = logging.StreamHandler(sys.stderr)
        console.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        console.setLevel(logging.WARNING)
        root.addHandler(console)


def catch_bugs() -> None:
    """Log every exception that nobody caught, with its trace: a bug is never swallowed."""
    log = logging.getLogger("pos_client.bug")

    def on_main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("uncaught %s", kind.__name__, exc_info=(kind, error, trace))

    def on_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            on_main(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = on_main
    threading.excepthook = on_thread
