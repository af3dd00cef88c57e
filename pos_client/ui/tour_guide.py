"""Who leads through the tour: strikes the keys, waits for the till, takes the pictures and writes the transcript."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Qt

from pos_client.counter.state import CounterState
from pos_client.domain.sale import Stage
from pos_client.ui.hands import Hands
from pos_client.ui.reading import read
from pos_client.ui.served import Counter
from pos_client.ui.window import PosWindow
from pos_client.ui.wording import counted, roubles, tidy

__all__ = ["Guide", "Teacher", "TourFailedError", "in_receipts"]

_PATIENCE = 30.0
_LOOK_EVERY = 0.02
_SETTLE = 0.12
"""Seconds for the scanner's judgement and the drawing that follows it."""

_BETWEEN_KEYS = 0.5
"""Seconds: a second press sooner than 0.4 s is taken for a slip of the finger."""

_HELD = {
    "": Qt.KeyboardModifier.NoModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
}


class Teacher(Protocol):
    """Who makes the shop misbehave, and reads its books."""

    def fault(self, service: str, kind: str, operation: str = "*", times: int | None = None) -> None:
        """Make calls go wrong."""

    def lift(self) -> None:
        """All is well again."""

    def pay_by_code(self) -> None:
        """The customer's telephone pays the code on the screen."""

    def state(self) -> Mapping[str, Any]:
        """Balances and documents."""


class TourFailedError(Exception):
    """The till did not come to where the tour expected it."""


class Guide:
    """One walk's hands, eyes and memory."""

    def __init__(self, window: PosWindow, counter: Counter, teacher: Teacher, folder: Path) -> None:
        self._window = window
        self._counter = counter
        self._teacher = teacher
        self._folder = folder
        self._hands = Hands()
        self._lines: list[str] = []
        self._pictures = 0
        self.paid = 0
        """Payments that ended well so far."""

    def write_transcript(self) -> None:
        """Put what was said into the folder."""
        (self._folder / "transcript.md").write_text("\n".join(self._lines) + "\n", encoding="utf-8")

    # ---------------------------------------------------------------------------------------------------- hands

    async def scan(self, text: str, about: str) -> None:
        """A code comes from the scanner."""
        self.say(f"- Скан `{text}` — {about}.")
        self._hands.scan(text)
        await asyncio.sleep(_SETTLE)

    async def press(self, key: str, about: str) -> None:
        """A key, also with another held ("Shift+F9")."""
        self.say(f"- **{key}** — {about}.")
        held, _, struck = key.rpartition("+")
        self._hands.press(struck, modifiers=_HELD[held])
        await asyncio.sleep(_BETWEEN_KEYS)

    async def type_text(self, text: str, about: str) -> None:
        """Figures are typed."""
        self.say(f"- Набрано `{text}` — {about}.")
        self._hands.type_text(text)
        await asyncio.sleep(_SETTLE)

    async def pay(self) -> None:
        """Accept what is on the screen, and see the sale through.

        Raises:
            TourFailedError: the sale has not ended well.
        """
        await self.press("Enter", "принять и пробить чек")
        await self.until("продажа закончена", lambda state: state.sale is None and state.last is not None)
        last = self._counter.state.last
        if last is None or last.document is None or last.order is None or last.stage is not Stage.DONE:
            raise TourFailedError("продажа не закончена")
        self.paid += 1
        change = f", сдача {roubles(last.takings.change)}" if last.takings.change else ", без сдачи"
        before = f", из них {roubles(last.order.paid)} зачтено из прошлой оплаты" if last.order.paid else ""
        self.say(
            f"- Заказ {tidy(last.order.number)}: принято {roubles(last.taken)}{change}. "
            f"Чек ФД {last.document.number} на {roubles(last.document.total)}{before}."
        )

    async def arrived(self) -> None:
        """Wait until the queue is empty."""
        await self.until("очередь пуста", lambda state: state.queue.count == 0)
        self.say("- Очередь пуста: всё дошло.")

    # ------------------------------------------------------------------------------------------------ the books

    async def balance(self, when: str) -> None:
        """Say what the customer has."""
        state = await asyncio.to_thread(self._teacher.state)
        for member in state.get("members", []):
            if "Смирнова" in str(member.get("name", "")):
                has = counted(member["available"], "балл", "балла", "баллов")
                self.say(f"- {when}: у Анны {has}, ждут полной оплаты {member['blocked']}.")

    async def receipts(self) -> int:
        """How many receipts of sales the register has."""
        state = await asyncio.to_thread(self._teacher.state)
        return sum(1 for document in state.get("documents", []) if document.get("type") == "sell")

    # ---------------------------------------------------------------------------------------------- the recording

    async def until(self, what: str, happened: Callable[[CounterState], object]) -> None:
        """Wait for the counter.

        Raises:
            TourFailedError: it has not come to that in half a minute.
        """
        try:
            async with asyncio.timeout(_PATIENCE):
                while not happened(self._counter.state):  # noqa: ASYNC110 # any state may be waited for
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            notice = self._counter.state.notice
            await self.shot("экскурсия остановилась здесь")
            raise TourFailedError(f"не дождались: {what}. {notice.what if notice else ''}") from None
        await asyncio.sleep(_SETTLE)

    async def shot(self, about: str) -> None:
        """A picture, and the words that stand on the screen."""
        await asyncio.sleep(_SETTLE)
        self._pictures += 1
        name = f"{self._pictures:02d}.png"
        self._window.grab().save(str(self._folder / name))
        self._lines += ["", f"![{about}]({name})", "", f"*{about[:1].upper()}{about[1:]}.*", ""]
        said = read(self._window.drawn) if self._window.drawn else ()
        self._lines += [f"> {line}  " for line in said]
        self._lines.append("")

    def chapter(self, title: str) -> None:
        """A new part of the tour."""
        self._lines += ["", f"## {title}", ""]

    def say(self, line: str) -> None:
        """A line of the transcript."""
        self._lines.append(line)


def in_receipts(count: int) -> str:
    """So many receipts of sales, in words."""
    return counted(count, "чек продажи", "чека продажи", "чеков продажи")
