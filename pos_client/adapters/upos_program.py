"""The program of Sber UPOS as it is run: one run at a time, never killed, its result read from the files it leaves."""

import asyncio
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pos_client.adapters.card_words import busy
from pos_client.adapters.upos_results import Result, forget_results, read_result

__all__ = ["UposProgram"]

_LOOK_EVERY: Final = 0.03


class UposProgram:
    """`command` in its `folder`. Only the terminal can end a run without harm, so that a till never does."""

    def __init__(self, folder: Path, command: str) -> None:
        self._folder = folder
        self._command = folder / command
        self.process: subprocess.Popen[bytes] | None = None
        """The run that is not known to be over."""
        self._starting = False

    @property
    def is_running(self) -> bool:
        """Whether a run is not over, or about to begin."""
        if self.process is not None and self.process.poll() is not None:
            self.process = None
        return self._starting or self.process is not None

    def require_idle(self) -> None:
        """Before anything that another run would spoil.

        Raises:
            UnavailableError: an earlier run is not over.
        """
        if self.is_running:
            raise busy()

    async def run(self, words: Sequence[str], seconds: float) -> Result | None:
        """Run the program to its end; None when it did not end in so many seconds or left no result.

        A run that takes too long, or whose caller went away, goes on.

        Raises:
            OSError: it did not start.
            UnavailableError: an earlier run is not over.
        """
        self.require_idle()
        forget_results(self._folder)
        self._starting = True
        starting = asyncio.ensure_future(asyncio.to_thread(self._popen, words))
        starting.add_done_callback(self._started)
        # Shielded: a process that starts after its caller went away is still ours to know of.
        process = await asyncio.shield(starting)
        deadline = time.monotonic() + seconds
        while process.poll() is None:
            if time.monotonic() >= deadline:
                return None
            await asyncio.sleep(_LOOK_EVERY)
        return read_result(self._folder)

    def _started(self, starting: asyncio.Future[subprocess.Popen[bytes]]) -> None:
        self._starting = False
        if not starting.cancelled() and starting.exception() is None:
            self.process = starting.result()

    def _popen(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the program that the settings name, with words of our own
            [str(self._command), *words],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # The till's own end must not take the payment with it.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
