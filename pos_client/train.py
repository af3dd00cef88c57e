"""The training shop beside a till: its process, the settings that lead to it, and its teacher's hand."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pos_client.bundled import bundled
from pos_client.settings import (
    ConditionsSection,
    LookSection,
    OrdersSection,
    ProcessingSection,
    RegisterSection,
    SbpSection,
    Settings,
    TerminalSection,
)

__all__ = ["ShopError", "ShopHand", "ShopProcess", "taxed", "training_settings"]

_STOP_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_PRINTS_WITHIN = 4.0
_CARD_WITHIN = 15.0
_CARD_TERMINAL = "10050012"
_CARD_STATUS = 52


class ShopError(Exception):
    """The shop did not start; the text is one Russian sentence."""


class ShopProcess:
    """The shop as a process of its own. It ends when this process ends, however that happens."""

    def __init__(self, data: Path | None, *, port: int = 0, fresh: bool = False) -> None:
        frozen = bool(getattr(sys, "frozen", False))
        program = [sys.executable] if frozen else [sys.executable, "-m", "pos_client"]
        words = ["train", "--shop-only", "--port", str(port), "--until-stdin-ends"]
        words += ["--data", str(data)] if data is not None else []
        words += ["--fresh"] if fresh else []
        self.url = ""
        """Where the shop listens, once it does."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program with our own words
            [*program, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def wait_for_url(self) -> str:
        """Wait until the shop listens; returns where. Blocking.

        Raises:
            ShopError: it ended instead.
        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if "http" not in line:
            raise ShopError("Учебный магазин не запустился: посмотрите сообщение выше.")
        self.url = line[line.index("http") :].strip()
        return self.url

    def stop(self) -> None:
        """Let the shop end by itself; insist after a few seconds."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class ShopHand:
    """The teacher's side of a running shop: faults, balances, what was said. Blocking: call it in a thread."""

    def __init__(self, address: str) -> None:
        self._address = address

    def fault(self, service: str, kind: str, operation: str = "*", times: int | None = None) -> None:
        """Make calls go wrong until lifted, or so many times."""
        self._call("faults", {"service": service, "kind": kind, "operation": operation, "times": times})

    def lift(self) -> None:
        """All is well again."""
        self._call("faults", method="DELETE")

    def pay_by_code(self) -> None:
        """The customer's telephone pays the code that was shown last.

        Raises:
            HTTPError: that code no longer waits to be paid.
        """
        self._call(f"transfers/{self.state()['transfers'][0]['number']}/pay")

    def state(self) -> Mapping[str, Any]:
        """Balances, documents and the latest calls."""
        found: Mapping[str, Any] = self._call("state", method="GET")
        return found

    def _call(self, path: str, body: object = None, *, method: str = "POST") -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - an address of this machine, made by us
            f"{self._address}/_shop/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - the same
            return json.loads(answer.read() or b"null")


def taxed(settings: Settings, taxation: str) -> Settings:
    """The settings after accounting has found that the till sold under another system of taxation than it should."""
    section = settings.cash_register.model_copy(update={"taxation": taxation})
    return settings.model_copy(update={"cash_register": section})


def training_settings(address: str, look: LookSection | None = None) -> Settings:
    """Settings of a till whose whole world is the shop at `address`.

    The training register prints at once, so a lost answer is asked about after seconds and not after the twenty that a
    printing device may need; nor does its terminal wait two minutes for a card. Conditions come as a real till gets
    them: signed, beside the settings and by an address.
    """
    from_above = bundled("training/from_above")
    return Settings(
        orders=OrdersSection(address=address),
        processing=ProcessingSection(address=address),
        cash_register=RegisterSection(address=address, print_deadline=_PRINTS_WITHIN),
        terminal=TerminalSection(
            kind="inpas",
            address=f"{address}/dualconnector",
            terminal_id=_CARD_TERMINAL,
            status_operation=_CARD_STATUS,
            pay_timeout=_CARD_WITHIN,
        ),
        sbp=SbpSection(kind="bank", address=address, poll_every=1.0),
        conditions=ConditionsSection(
            project="Учебный магазин",
            public_keys=((from_above / "public-key.txt").read_text(encoding="ascii").strip(),),
            file=str(from_above / "conditions.json"),
            address=f"{address}/conditions/v1",
        ),
        look=look or LookSection(),
    )
