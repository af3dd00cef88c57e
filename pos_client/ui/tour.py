"""The till shown by itself: real keys and scans drive the real window, and pictures and a transcript remain."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import Qt

from pos_client.counter.state import Arrival, CounterState, LightState, TenderStep, WaitFor
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import RefundStage
from pos_client.domain.sale import Stage
from pos_client.ports import Service
from pos_client.ui.entry import step_of
from pos_client.ui.hands import Hands
from pos_client.ui.presenter import Counter
from pos_client.ui.reading import read
from pos_client.ui.window import PosWindow
from pos_client.ui.wording import counted, roubles, tidy

__all__ = ["Teacher", "Tour", "TourFailedError"]

_PATIENCE = 30.0
_LOOK_EVERY = 0.02
_SETTLE = 0.12
"""Seconds for the scanner's judgement and the drawing that follows it."""

_BETWEEN_KEYS = 0.5
"""Seconds: a second press sooner than 0.4 s is taken for a slip of the finger."""

_DOUBT_LASTS = 3.0
"""Seconds for which the register does not say whether the receipt went through, so that a reader sees them counted."""

ANNA = "48210967"
C2C = "1106153417"
EXPRESS = "1106150070"
OTHER = "1106150032"
SMALL = "1106150063"
MIXED = "1106321645"


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


class Tour:
    """One walk: a usual sale, parts, an outage, a lost answer, cards and codes, a refund, joining, the shift."""

    def __init__(self, window: PosWindow, counter: Counter, teacher: Teacher, folder: Path) -> None:
        self._window = window
        self._counter = counter
        self._teacher = teacher
        self._folder = folder
        self._hands = Hands()
        self._lines: list[str] = [
            "# Экскурсия по кассе",
            "",
            "Касса показывает себя сама: клавиши и сканы настоящие, магазин учебный. После каждого снимка — слова,",
            "которые в эту минуту стоят на экране.",
        ]
        self._pictures = 0
        self._paid = 0

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
            await self._means()
            await self._refund()
            await self._joining()
            await self._shift()
            await self._books()
        finally:
            (self._folder / "transcript.md").write_text("\n".join(self._lines) + "\n", encoding="utf-8")

    async def _usual_sale(self) -> None:
        self._chapter("Обычная продажа с баллами")
        await self._balance("До продажи")
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент на экране", _customer)
        await self._scan(C2C, "накладная заказа")
        await self._until("цена на экране", _priced)
        await self._shot("заказ и клиент: полная стоимость, к оплате, сколько начислим")
        await self._press("F4", "списать все доступные баллы")
        await self._until("баллы учтены", lambda state: bool(state.sale and state.sale.points_asked))
        await self._press("Enter", "столько и списываем")
        await self._shot("баллы учтены: стоимость, скидка и остаток видны вместе")
        await self._press("F5", "наличные")
        await self._type("5000", "столько дал клиент")
        await self._shot("получено 5 000, сдача посчитана")
        await self._pay()
        await self._shot("чек пробит, сдача осталась на экране, касса готова к следующему")
        await self._arrived()
        await self._balance("После продажи")

    async def _parts(self) -> None:
        self._chapter("Оплата частями: сначала 1 000 ₽, потом остаток")
        await self._scan(EXPRESS, "накладная")
        await self._until("цена на экране", _priced)
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент на экране", lambda state: _customer(state) and _priced(state))
        await self._press("F8", "оплатить часть")
        await self._type("1000", "такую часть")
        await self._shot("часть: 1 000 ₽ из 2 150 ₽")
        await self._press("Enter", "дальше к наличным")
        await self._pay()
        await self._arrived()
        await self._balance("После первой части новые баллы заморожены")
        await self._scan(EXPRESS, "та же накладная, второй визит, без CDEK ID")
        await self._until("заказ с прошлой оплатой", lambda state: _priced(state) and _paid_before(state))
        await self._shot("второй визит: оплачено раньше, остаток и что будет с баллами")
        await self._press("F5", "наличные")
        await self._pay()
        await self._arrived()
        await self._balance("После полной оплаты баллы открыты")

    async def _outage(self) -> None:
        self._chapter("Процессинг баллов не отвечает")
        self._say("- Учитель отключает процессинг: ни один его вызов больше не проходит.")
        await asyncio.to_thread(self._teacher.fault, "processing", "refuse")
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент принят без ответа процессинга", _customer)
        await self._scan(OTHER, "накладная")
        await self._until("цена без баллов", _priced)
        await self._shot("продажа без баллов: что случилось, целы ли деньги, что сказать клиенту")
        await self._press("F5", "наличные")
        await self._pay()
        await self._until("долг по баллам в очереди", lambda state: state.queue.count > 0)
        await self._press("F12", "очередь")
        await self._until("попытка не удалась", lambda state: any(entry.reason for entry in state.entries))
        await self._shot("очередь: что ждёт, почему и что сказать клиенту")
        await self._press("F12", "назад")
        await self._balance("Пока процессинг молчит")
        await self._shot("последняя продажа помнит, что баллы за неё ещё в долгу")
        self._say("- Учитель включает процессинг. С этой минуты никто ничего не нажимает.")
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(self._teacher.lift)
        await self._arrived()
        self._say(f"- Баллы дошли сами через {asyncio.get_running_loop().time() - began:.1f} с.".replace(".", ",", 1))
        await self._until("баллы последней продажи дошли", lambda state: state.last_points is Arrival.ARRIVED)
        await self._until("лампа снова зелёная", _loyalty_is_well)
        await self._shot("очередь пуста, баллы начислены без кассира")
        await self._balance("После восстановления")

    async def _unknown(self) -> None:
        self._chapter("Ответ ККТ потерян")
        before = await self._receipts()
        await self._scan(SMALL, "накладная")
        await self._until("цена на экране", _priced)
        self._say("- Учитель рвёт связь с ККТ: чек она зарегистрирует, но ответа касса не получит.")
        await asyncio.to_thread(self._teacher.fault, "register", "lose-answer", "sell", 1)
        await asyncio.to_thread(self._teacher.fault, "register", "refuse", "poll")
        await self._press("F5", "наличные")
        await self._press("Enter", "принять и пробить чек")
        await self._until("касса печатает", lambda state: _waits_for(state, WaitFor.RECEIPT))
        await self._until("касса проверяет, прошёл ли чек", lambda state: _waits_for(state, WaitFor.RECEIPT_CHECK))
        await asyncio.sleep(_DOUBT_LASTS)
        await self._shot("проверяем, прошёл ли чек: второй раз нажимать не нужно")
        self._say("- Учитель возвращает связь. Никто ничего не нажимает.")
        await asyncio.to_thread(self._teacher.lift)
        await self._until("чек нашёлся, продажа закончена", lambda state: state.sale is None)
        self._paid += 1
        await self._shot("чек нашёлся, продажа закончена")
        made = await self._receipts() - before
        self._say(f"- За эту оплату в ККТ: {_in_receipts(made)}.")
        if made != 1:
            raise TourFailedError(f"за одну оплату в ККТ {_in_receipts(made)}")

    async def _means(self) -> None:
        self._chapter("СБП, карта и наличные в одном визите")
        if TenderKind.CARD not in self._counter.state.means or TenderKind.SBP not in self._counter.state.means:
            self._say("- Терминал и СБП у этой кассы не подключены: только наличные.")
            return
        await self._scan(MIXED, "накладная")
        await self._until("цена на экране", _priced)
        await self._press("F7", "СБП: клиент хочет заплатить по QR-коду")
        await self._until("код на экране", lambda state: state.qr is not None)
        await self._shot("QR-код для банковского приложения, время его жизни и сумма")
        await self._press("Esc", "клиент передумал: код отзывается, касса смотрит ещё раз, не заплатили ли по нему")
        await self._until("касса ждёт решения", lambda state: step_of(state) is TenderStep.DECIDE)
        await self._shot("по коду не заплатили: чем платить дальше")
        await self._press("F8", "часть картой, часть по СБП, остаток наличными")
        await self._type("500", "столько картой")
        await self._press("F6", "картой")
        await self._type("300", "столько по СБП")
        await self._press("F7", "по СБП")
        await self._shot("план оплаты: карта, СБП и остаток")
        await self._press("F5", "остаток наличными: план полон и начинается сам")
        await self._until("карта прошла, код на экране", lambda state: state.qr is not None)
        await self._shot("карта прошла и записана, клиент сканирует код")
        self._say("- Клиент платит телефоном. Кассир ничего не нажимает.")
        await asyncio.to_thread(self._teacher.pay_by_code)
        await self._until("СБП оплачен, очередь наличных", lambda state: step_of(state) is TenderStep.CASH)
        await self._shot("оплачено по СБП; осталось принять наличные")
        await self._pay()
        await self._shot("один чек на все три оплаты")
        await self._arrived()

    async def _refund(self) -> None:
        self._chapter("Возврат всего заказа")
        await self._press("F9", "возврат")
        await self._shot("какой заказ вернуть: чек, накладная или номер")
        await self._press("Esc", "покажем со сканом накладной")
        await self._press("F9", "возврат")
        await self._scan(SMALL, "накладная заказа, который уже оплачен")
        await self._until("страница возврата", lambda state: state.refund is not None and not state.refund.busy)
        await self._shot("что оплачено, что и как вернётся; пока ничего не произошло")
        await self._press("F9", "вторая F9 ничего не возвращает")
        self._say("- **Shift+F9** — вернуть всё: эту клавишу сканер не пришлёт.")
        self._hands.press("F9", modifiers=Qt.KeyboardModifier.ShiftModifier)
        await self._until("чек возврата пробит", _hands_out)
        await self._shot("чек возврата пробит, осталось выдать деньги")
        await self._press("F9", "деньги выданы")
        await self._until("возврат закончен", lambda state: state.refund is None and state.last_refund is not None)
        await self._shot("возврат закончен")
        await self._press("F9", "вернуть тот же заказ ещё раз")
        await self._scan(SMALL, "та же накладная")
        await self._until("второй раз не возвращают", lambda state: state.notice is not None)
        await self._shot("второй возврат отвечает «Уже возвращено»")
        await self._press("Esc", "прочитано")

    async def _joining(self) -> None:
        self._chapter("Вступление в программу и карточка клиента")
        await self._press("F3", "клиент вступает в программу")
        await self._until("форма на экране", lambda state: state.joining is not None)
        await self._shot("форма: телефон, имя и три согласия, ни одно не отмечено")
        await self._press("Esc", "клиент передумал")
        await self._scan(ANNA, "CDEK ID клиента")
        await self._until("клиент на экране", _customer)
        await self._shot("клиент: баллы, что ждёт оплаты, что сгорит, что обещано и начислено")
        await self._press("Esc", "следующий")

    async def _shift(self) -> None:
        self._chapter("Смена")
        await self._press("F10", "смена")
        await self._shot("принято по способам оплаты, доли с CDEK ID и с баллами, баллы в долгу")
        await self._press("F10", "назад")

    async def _books(self) -> None:
        self._chapter("Сверка")
        made = await self._receipts()
        paid = counted(self._paid, "оплата", "оплаты", "оплат")
        self._say(f"- Всего за экскурсию: {paid} и {_in_receipts(made)} в ККТ — по одному на каждую.")
        if made != self._paid:
            raise TourFailedError(f"{paid}, а в ККТ {_in_receipts(made)}")

    # ---------------------------------------------------------------------------------------------------- hands

    async def _scan(self, text: str, about: str) -> None:
        self._say(f"- Скан `{text}` — {about}.")
        self._hands.scan(text)
        await asyncio.sleep(_SETTLE)

    async def _press(self, key: str, about: str) -> None:
        self._say(f"- **{key}** — {about}.")
        self._hands.press(key)
        await asyncio.sleep(_BETWEEN_KEYS)

    async def _type(self, text: str, about: str) -> None:
        self._say(f"- Набрано `{text}` — {about}.")
        self._hands.type_text(text)
        await asyncio.sleep(_SETTLE)

    async def _pay(self) -> None:
        await self._press("Enter", "принять и пробить чек")
        await self._until("продажа закончена", lambda state: state.sale is None and state.last is not None)
        last = self._counter.state.last
        if last is None or last.document is None or last.order is None or last.stage is not Stage.DONE:
            raise TourFailedError("продажа не закончена")
        self._paid += 1
        change = f", сдача {roubles(last.takings.change)}" if last.takings.change else ", без сдачи"
        before = f", из них {roubles(last.order.paid)} зачтено из прошлой оплаты" if last.order.paid else ""
        self._say(
            f"- Заказ {tidy(last.order.number)}: принято {roubles(last.taken)}{change}. "
            f"Чек ФД {last.document.number} на {roubles(last.document.total)}{before}."
        )

    async def _arrived(self) -> None:
        await self._until("очередь пуста", lambda state: state.queue.count == 0)
        self._say("- Очередь пуста: всё дошло.")

    # ------------------------------------------------------------------------------------------------ the books

    async def _balance(self, when: str) -> None:
        state = await asyncio.to_thread(self._teacher.state)
        for member in state.get("members", []):
            if "Смирнова" in str(member.get("name", "")):
                has = counted(member["available"], "балл", "балла", "баллов")
                self._say(f"- {when}: у Анны {has}, ждут полной оплаты {member['blocked']}.")

    async def _receipts(self) -> int:
        state = await asyncio.to_thread(self._teacher.state)
        return sum(1 for document in state.get("documents", []) if document.get("type") == "sell")

    # ---------------------------------------------------------------------------------------------- the recording

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
        self._lines += ["", f"![{about}]({name})", "", f"*{about[:1].upper()}{about[1:]}.*", ""]
        said = read(self._window.drawn) if self._window.drawn else ()
        self._lines += [f"> {line}  " for line in said]
        self._lines.append("")

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


def _waits_for(state: CounterState, what: WaitFor) -> bool:
    return state.wait is not None and state.wait.what is what


def _hands_out(state: CounterState) -> bool:
    return state.refund is not None and state.refund.refund.stage is RefundStage.HANDING_OUT and not state.refund.busy


def _loyalty_is_well(state: CounterState) -> bool:
    return any(each.service is Service.PROCESSING and each.state is LightState.GOOD for each in state.lights)


def _in_receipts(count: int) -> str:
    return counted(count, "чек продажи", "чека продажи", "чеков продажи")
