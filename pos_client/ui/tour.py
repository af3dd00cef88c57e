"""The till shown by itself: real keys and scans drive the real window, and pictures and a transcript remain."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from pos_client.counter.state import CounterState, LightState, WaitFor
from pos_client.domain.sale import Stage
from pos_client.ports import Service
from pos_client.ui.hands import Hands
from pos_client.ui.presenter import Counter
from pos_client.ui.window import PosWindow

__all__ = ["Stage", "Teacher", "Tour", "TourFailedError"]

_PATIENCE = 20.0
_LOOK_EVERY = 0.02
_SETTLE = 0.12
"""Seconds for the scanner's judgement and the drawing that follows it."""

_BETWEEN_KEYS = 0.5
"""Seconds: a second press sooner than 0.4 s is taken for a slip of the finger."""

ANNA = "48210967"
C2C = "1106153417"
EXPRESS = "1106150070"
OTHER = "1106150018"
SMALL = "1106150032"


class Teacher(Protocol):
    """Who makes the shop misbehave, and reads its books."""

    def fault(self, service: str, kind: str, operation: str = "*", times: int | None = None) -> None:
        """Make calls go wrong."""

    def lift(self) -> None:
        """All is well again."""

    def state(self) -> Mapping[str, Any]:
        """Balances and documents."""


class TourFailedError(Exception):
    """The till did not come to where the tour expected it."""


class Tour:
    """One walk: a usual sale, a part and its completion, an outage with the accrual that follows by itself."""

    def __init__(self, window: PosWindow, counter: Counter, teacher: Teacher, folder: Path) -> None:
        self._window = window
        self._counter = counter
        self._teacher = teacher
        self._folder = folder
        self._hands = Hands()
        self._lines: list[str] = ["# Экскурсия по кассе", ""]
        self._pictures = 0

    async def walk(self) -> None:
        """Walk through everything; pictures and transcript are in the folder afterwards, also when it fails.

        Raises:
            TourFailedError: the till did something else than the tour shows.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            await self._until("касса готова", lambda state: state.register is not None)
            await self._shot("касса ждёт первого клиента")
            await self._usual_sale()
            await self._parts()
            await self._outage()
            await self._unknown()
        finally:
            (self._folder / "transcript.md").write_text("\n".join(self._lines) + "\n", encoding="utf-8")

    async def _usual_sale(self) -> None:
        self._chapter("Обычная продажа с баллами")
        await self._balance("до продажи")
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент на экране", _customer)
        await self._scan(C2C, "накладная заказа")
        await self._until("цена на экране", _priced)
        await self._shot("заказ и клиент: полная стоимость, к оплате, сколько начислим")
        await self._press("F4", "баллы")
        await self._press("Enter", "списать все доступные")
        await self._until("баллы учтены", lambda state: bool(state.sale and state.sale.points_asked))
        await self._shot("баллы учтены: стоимость, скидка и остаток видны вместе")
        await self._press("F5", "наличные")
        await self._type("5000")
        await self._shot("получено 5 000, сдача посчитана")
        await self._pay()
        await self._shot("чек пробит, касса готова к следующему")
        await self._arrived()
        await self._shot("баллы дошли сами")
        await self._balance("после продажи")

    async def _parts(self) -> None:
        self._chapter("Оплата частями: сначала 1 000, потом остаток")
        await self._scan(EXPRESS, "накладная")
        await self._until("цена на экране", _priced)
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент на экране", lambda state: _customer(state) and _priced(state))
        await self._press("F8", "оплатить часть")
        await self._type("1000")
        await self._shot("часть: 1 000 из суммы")
        await self._press("Enter", "часть принята к оплате")
        await self._pay()
        await self._arrived()
        await self._balance("после первой части: баллы заморожены")
        await self._scan(EXPRESS, "та же накладная, второй визит")
        await self._until("заказ с прошлой оплатой", lambda state: _priced(state) and _paid_before(state))
        await self._shot("второй визит: оплачено раньше и остаток")
        await self._press("F5", "наличные")
        await self._pay()
        await self._arrived()
        await self._balance("после полной оплаты: баллы открыты")

    async def _outage(self) -> None:
        self._chapter("Процессинг баллов не отвечает")
        await self._teach("processing", "refuse")
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент принят без ответа процессинга", _customer)
        await self._scan(OTHER, "накладная")
        await self._until("цена без баллов", _priced)
        await self._shot("продажа без баллов: что случилось, где деньги, что сказать клиенту")
        await self._press("F5", "наличные")
        await self._pay()
        await self._until("долг по баллам в очереди", lambda state: state.queue.count > 0)
        await self._press("F12", "очередь")
        await self._until("попытка не удалась", lambda state: any(entry.reason for entry in state.entries))
        await self._shot("очередь: что ждёт, почему и что сказать клиенту")
        await self._press("F12", "назад")
        await self._balance("пока процессинг молчит")
        self._say("Процессинг снова отвечает. Больше никто ничего не нажимает.")
        await asyncio.to_thread(self._teacher.lift)
        await self._arrived()
        await self._shot("очередь пуста: баллы начислены сами")
        await self._balance("после восстановления")
        await self._until(
            "лампа снова зелёная",
            lambda state: any(
                light.service is Service.PROCESSING and light.state is LightState.GOOD for light in state.lights
            ),
        )

    async def _unknown(self) -> None:
        self._chapter("Ответ ККТ потерян")
        await self._scan(SMALL, "накладная")
        await self._until("цена на экране", _priced)
        await self._teach("register", "hang")
        await self._press("F5", "наличные")
        await self._press("Enter", "принять")
        await self._until(
            "касса проверяет, прошёл ли чек",
            lambda state: bool(state.wait and state.wait.what in {WaitFor.RECEIPT, WaitFor.RECEIPT_CHECK}),
        )
        await asyncio.sleep(1.2)
        await self._shot("проверяем, прошёл ли чек: второй раз нажимать не нужно")
        await asyncio.to_thread(self._teacher.lift)
        await self._until("чек один, продажа закончена", lambda state: state.sale is None)
        await self._shot("чек нашёлся, продажа закончена")
        documents = await asyncio.to_thread(self._teacher.state)
        self._say(f"Фискальных документов в ККТ: {len(documents.get('documents', []))}")

    # ---------------------------------------------------------------------------------------------------- hands

    async def _scan(self, text: str, about: str) -> None:
        self._say(f"- **скан** `{text}` — {about}")
        self._hands.scan(text)
        await asyncio.sleep(_SETTLE)

    async def _press(self, key: str, about: str) -> None:
        self._say(f"- **{key}** — {about}")
        self._hands.press(key)
        await asyncio.sleep(_BETWEEN_KEYS)

    async def _type(self, text: str) -> None:
        self._say(f"- **набрано** `{text}`")
        self._hands.type_text(text)
        await asyncio.sleep(_SETTLE)

    async def _pay(self) -> None:
        await self._press("Enter", "принять и пробить чек")
        await self._until("продажа закончена", lambda state: state.sale is None and state.last is not None)
        last = self._counter.state.last
        if last is None or last.document is None or last.stage is not Stage.DONE:
            raise TourFailedError("продажа не закончена")
        self._say(
            f"  - принято {last.taken}, сдача {last.change}, чек ФД {last.document.number} на {last.document.total}"
        )

    async def _arrived(self) -> None:
        await self._until("очередь пуста", lambda state: state.queue.count == 0)
        self._say("  - очередь пуста: всё дошло")

    async def _teach(self, service: str, kind: str) -> None:
        self._say(f"- **учитель** ломает: {service}, {kind}")
        await asyncio.to_thread(self._teacher.fault, service, kind)

    async def _balance(self, when: str) -> None:
        state = await asyncio.to_thread(self._teacher.state)
        for member in state.get("members", []):
            if "Смирнова" in str(member.get("name", "")):
                shown = {name: value for name, value in member.items() if name in {"available", "blocked"}}
                self._say(f"  - баланс в процессинге {when}: {shown}")

    async def _until(self, what: str, happened: Callable[[CounterState], object]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                while not happened(self._counter.state):  # noqa: ASYNC110 # any state may be waited for
                    await asyncio.sleep(_LOOK_EVERY)
        except TimeoutError:
            notice = self._counter.state.notice
            await self._shot("экскурсия остановилась здесь")
            raise TourFailedError(f"не дождались: {what}. {notice.what if notice else ''}") from None
        await asyncio.sleep(_SETTLE)

    async def _shot(self, about: str) -> None:
        await asyncio.sleep(_SETTLE)
        self._pictures += 1
        name = f"{self._pictures:02d}.png"
        self._window.grab().save(str(self._folder / name))
        self._say(f"- ![{about}]({name}) {about}")

    def _chapter(self, title: str) -> None:
        self._lines += ["", f"## {title}", ""]

    def _say(self, line: str) -> None:
        self._lines.append(line)


def _customer(state: CounterState) -> bool:
    return state.wait is None and state.sale is not None and state.sale.customer is not None


def _priced(state: CounterState) -> bool:
    return state.wait is None and state.sale is not None and state.sale.quote is not None


def _paid_before(state: CounterState) -> bool:
    return bool(state.sale and state.sale.order and state.sale.order.paid)
