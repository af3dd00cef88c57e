"""The till shown by itself: real keys and scans drive the real window, and pictures and a transcript remain."""

import asyncio
from pathlib import Path

from pos_client.counter.state import Arrival, CounterState, LightState, TenderStep, WaitFor
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import RefundStage
from pos_client.ports import Service
from pos_client.ui.entry import step_of
from pos_client.ui.served import Counter
from pos_client.ui.tour_guide import Guide, Teacher, TourFailedError, in_receipts
from pos_client.ui.window import PosWindow
from pos_client.ui.wording import counted

__all__ = ["Teacher", "Tour", "TourFailedError"]

_DOUBT_LASTS = 3.0
"""Seconds for which the register does not say whether the receipt went through, so that a reader sees them counted."""

ANNA = "48210967"
C2C = "1106153417"
EXPRESS = "1106150070"
OTHER = "1106150032"
SMALL = "1106150063"
MIXED = "1106321645"

_BEGINNING = """# Экскурсия по кассе

Касса показывает себя сама: клавиши и сканы настоящие, магазин учебный. После каждого снимка — слова,
которые в эту минуту стоят на экране."""


class Tour:
    """One walk: a usual sale, parts, an outage, a lost answer, cards and codes, a refund, joining, the shift."""

    def __init__(self, window: PosWindow, counter: Counter, teacher: Teacher, folder: Path) -> None:
        self._counter = counter
        self._teacher = teacher
        self._folder = folder
        self._guide = Guide(window, counter, teacher, folder)
        self._guide.say(_BEGINNING)

    async def walk(self) -> None:
        """Walk through everything; pictures and transcript are in the folder afterwards, also when it fails.

        Raises:
            TourFailedError: the till did something else than the tour shows.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            await self._guide.until("касса готова", lambda state: state.register is not None)
            await self._guide.shot("касса ждёт первого клиента")
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
            self._guide.write_transcript()

    async def _usual_sale(self) -> None:
        guide = self._guide
        guide.chapter("Обычная продажа с баллами")
        await guide.balance("До продажи")
        await guide.scan(ANNA, "CDEK ID клиента")
        await guide.until("клиент на экране", _customer)
        await guide.scan(C2C, "накладная заказа")
        await guide.until("цена на экране", _priced)
        await guide.shot("заказ и клиент: полная стоимость, к оплате, сколько начислим")
        await guide.press("F4", "списать все доступные баллы")
        await guide.until("баллы учтены", lambda state: bool(state.sale and state.sale.points_asked))
        await guide.press("Enter", "столько и списываем")
        await guide.shot("баллы учтены: стоимость, скидка и остаток видны вместе")
        await guide.press("F5", "наличные")
        await guide.type_text("5000", "столько дал клиент")
        await guide.shot("получено 5 000, сдача посчитана")
        await guide.pay()
        await guide.shot("чек пробит, сдача осталась на экране, касса готова к следующему")
        await guide.arrived()
        await guide.balance("После продажи")

    async def _parts(self) -> None:
        guide = self._guide
        guide.chapter("Оплата частями: сначала 1 000 ₽, потом остаток")
        await guide.scan(EXPRESS, "накладная")
        await guide.until("цена на экране", _priced)
        await guide.scan(ANNA, "CDEK ID клиента")
        await guide.until("клиент на экране", lambda state: _customer(state) and _priced(state))
        await guide.press("F8", "оплатить часть")
        await guide.type_text("1000", "такую часть")
        await guide.shot("часть: 1 000 ₽ из 2 150 ₽")
        await guide.press("Enter", "дальше к наличным")
        await guide.pay()
        await guide.arrived()
        await guide.balance("После первой части новые баллы заморожены")
        await guide.scan(EXPRESS, "та же накладная, второй визит, без CDEK ID")
        await guide.until("заказ с прошлой оплатой", lambda state: _priced(state) and _paid_before(state))
        await guide.shot("второй визит: оплачено раньше, остаток и что будет с баллами")
        await guide.press("F5", "наличные")
        await guide.pay()
        await guide.arrived()
        await guide.balance("После полной оплаты баллы открыты")

    async def _outage(self) -> None:
        guide = self._guide
        guide.chapter("Процессинг баллов не отвечает")
        guide.say("- Учитель отключает процессинг: ни один его вызов больше не проходит.")
        await asyncio.to_thread(self._teacher.fault, "processing", "refuse")
        await guide.scan(ANNA, "CDEK ID клиента")
        await guide.until("клиент принят без ответа процессинга", _customer)
        await guide.scan(OTHER, "накладная")
        await guide.until("цена без баллов", _priced)
        await guide.shot("продажа без баллов: что случилось, целы ли деньги, что сказать клиенту")
        await guide.press("F5", "наличные")
        await guide.pay()
        await guide.until("долг по баллам в очереди", lambda state: state.queue.count > 0)
        await guide.press("F12", "очередь")
        await guide.until("попытка не удалась", lambda state: any(entry.reason for entry in state.entries))
        await guide.shot("очередь: что ждёт, почему и что сказать клиенту")
        await guide.press("F12", "назад")
        await guide.balance("Пока процессинг молчит")
        await guide.shot("последняя продажа помнит, что баллы за неё ещё в долгу")
        guide.say("- Учитель включает процессинг. С этой минуты никто ничего не нажимает.")
        began = asyncio.get_running_loop().time()
        await asyncio.to_thread(self._teacher.lift)
        await guide.arrived()
        guide.say(f"- Баллы дошли сами через {asyncio.get_running_loop().time() - began:.1f} с.".replace(".", ",", 1))
        await guide.until("баллы последней продажи дошли", lambda state: state.last_points is Arrival.ARRIVED)
        await guide.until("лампа снова зелёная", _loyalty_is_well)
        await guide.shot("очередь пуста, баллы начислены без кассира")
        await guide.balance("После восстановления")

    async def _unknown(self) -> None:
        guide = self._guide
        guide.chapter("Ответ ККТ потерян")
        before = await guide.receipts()
        await guide.scan(SMALL, "накладная")
        await guide.until("цена на экране", _priced)
        guide.say("- Учитель рвёт связь с ККТ: чек она зарегистрирует, но ответа касса не получит.")
        await asyncio.to_thread(self._teacher.fault, "register", "lose-answer", "sell", 1)
        await asyncio.to_thread(self._teacher.fault, "register", "refuse", "poll")
        await guide.press("F5", "наличные")
        await guide.press("Enter", "принять и пробить чек")
        await guide.until("касса печатает", lambda state: _waits_for(state, WaitFor.RECEIPT))
        await guide.until("касса проверяет, прошёл ли чек", lambda state: _waits_for(state, WaitFor.RECEIPT_CHECK))
        await asyncio.sleep(_DOUBT_LASTS)
        await guide.shot("проверяем, прошёл ли чек: второй раз нажимать не нужно")
        guide.say("- Учитель возвращает связь. Никто ничего не нажимает.")
        await asyncio.to_thread(self._teacher.lift)
        await guide.until("чек нашёлся, продажа закончена", lambda state: state.sale is None)
        guide.paid += 1
        await guide.shot("чек нашёлся, продажа закончена")
        made = await guide.receipts() - before
        guide.say(f"- За эту оплату в ККТ: {in_receipts(made)}.")
        if made != 1:
            raise TourFailedError(f"за одну оплату в ККТ {in_receipts(made)}")

    async def _means(self) -> None:
        guide = self._guide
        guide.chapter("СБП, карта и наличные в одном визите")
        if TenderKind.CARD not in self._counter.state.means or TenderKind.SBP not in self._counter.state.means:
            guide.say("- Терминал и СБП у этой кассы не подключены: только наличные.")
            return
        await guide.scan(MIXED, "накладная")
        await guide.until("цена на экране", _priced)
        await guide.press("F7", "СБП: клиент хочет заплатить по QR-коду")
        await guide.until("код на экране", lambda state: state.qr is not None)
        await guide.shot("QR-код для банковского приложения, время его жизни и сумма")
        await guide.press("Esc", "клиент передумал: код отзывается, касса смотрит ещё раз, не заплатили ли по нему")
        await guide.until("касса ждёт решения", lambda state: step_of(state) is TenderStep.DECIDE)
        await guide.shot("по коду не заплатили: чем платить дальше")
        await guide.press("F8", "часть картой, часть по СБП, остаток наличными")
        await guide.type_text("500", "столько картой")
        await guide.press("F6", "картой")
        await guide.type_text("300", "столько по СБП")
        await guide.press("F7", "по СБП")
        await guide.shot("план оплаты: карта, СБП и остаток")
        await guide.press("F5", "остаток наличными: план полон и начинается сам")
        await guide.until("карта прошла, код на экране", lambda state: state.qr is not None)
        await guide.shot("карта прошла и записана, клиент сканирует код")
        guide.say("- Клиент платит телефоном. Кассир ничего не нажимает.")
        await asyncio.to_thread(self._teacher.pay_by_code)
        await guide.until("СБП оплачен, очередь наличных", lambda state: step_of(state) is TenderStep.CASH)
        await guide.shot("оплачено по СБП; осталось принять наличные")
        await guide.pay()
        await guide.shot("один чек на все три оплаты")
        await guide.arrived()

    async def _refund(self) -> None:
        guide = self._guide
        guide.chapter("Возврат всего заказа")
        await guide.press("F9", "возврат")
        await guide.shot("какой заказ вернуть: чек, накладная или номер")
        await guide.press("Esc", "покажем со сканом накладной")
        await guide.press("F9", "возврат")
        await guide.scan(SMALL, "накладная заказа, который уже оплачен")
        await guide.until("страница возврата", lambda state: state.refund is not None and not state.refund.busy)
        await guide.shot("что оплачено, что и как вернётся; пока ничего не произошло")
        await guide.press("F9", "вторая F9 ничего не возвращает")
        await guide.press("Shift+F9", "вернуть всё: эту клавишу сканер не пришлёт")
        await guide.until("чек возврата пробит", _hands_out)
        await guide.shot("чек возврата пробит, осталось выдать деньги")
        await guide.press("Ctrl+F9", "деньги выданы")
        await guide.until("возврат закончен", lambda state: state.refund is None and state.last_refund is not None)
        await guide.shot("возврат закончен")
        await guide.press("F9", "вернуть тот же заказ ещё раз")
        await guide.scan(SMALL, "та же накладная")
        await guide.until("второй раз не возвращают", lambda state: state.notice is not None)
        await guide.shot("второй возврат отвечает «Уже возвращено»")
        await guide.press("Esc", "прочитано")

    async def _joining(self) -> None:
        guide = self._guide
        guide.chapter("Вступление в программу и карточка клиента")
        await guide.press("F3", "клиент вступает в программу")
        await guide.until("форма на экране", lambda state: state.joining is not None)
        await guide.shot("форма: телефон, имя и три согласия, ни одно не отмечено")
        await guide.press("Esc", "клиент передумал")
        await guide.scan(ANNA, "CDEK ID клиента")
        await guide.until("клиент на экране", _customer)
        await guide.shot("клиент: баллы, что ждёт оплаты, что сгорит, что обещано и начислено")
        await guide.press("Esc", "следующий")

    async def _shift(self) -> None:
        guide = self._guide
        guide.chapter("Смена")
        await guide.press("F10", "смена")
        await guide.shot("принято по способам оплаты, доли с CDEK ID и с баллами, баллы в долгу")
        if TenderKind.CARD in self._counter.state.means:
            await guide.press("Ctrl+F10", "сверка итогов терминала")
            await guide.until("сверка прошла", _is_reconciled)
            await guide.shot("итоги терминала сошлись с банком, слип напечатан")
        await guide.press("F10", "назад")

    async def _books(self) -> None:
        guide = self._guide
        guide.chapter("Сверка")
        made = await guide.receipts()
        paid = counted(guide.paid, "оплата", "оплаты", "оплат")
        guide.say(f"- Всего за экскурсию: {paid} и {in_receipts(made)} в ККТ — по одному на каждую.")
        if made != guide.paid:
            raise TourFailedError(f"{paid}, а в ККТ {in_receipts(made)}")


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


def _is_reconciled(state: CounterState) -> bool:
    return state.reconciliation is not None and state.reconciliation.printed


def _loyalty_is_well(state: CounterState) -> bool:
    return any(each.service is Service.PROCESSING and each.state is LightState.GOOD for each in state.lights)
