"""The shift so far: sums of the journal, the goals of the programme, and points owed. Nothing is done here."""

from dataclasses import dataclass
from datetime import tzinfo

from pos_client.counter.state import CounterState
from pos_client.domain.debts import DebtState
from pos_client.domain.money import Money
from pos_client.domain.order import TenderKind
from pos_client.ports import ShiftState, ShiftTotals
from pos_client.ui.asks import Ask
from pos_client.ui.parts_screen import Button, Note, Row, Tone
from pos_client.ui.wording import TENDER_BY, clock, counted, first_large, number, roubles, since

__all__ = ["Share", "ShiftScreen", "shift"]

_GOAL = 40
"""Percent of sales: CDEK judges the programme by this share of sales with CDEK ID, and of sales with points spent."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the sales beside its goal; `share` and `goal` are in percent."""

    label: str
    share: int
    goal: int
    value: str
    detail: str


@dataclass(frozen=True, slots=True)
class ShiftScreen:
    """What the point has done in the shift of its register, or in the day while the register does not say."""

    heading: str
    detail: str
    taken_label: str
    taken: str
    rows: tuple[Row, ...]
    shares: tuple[Share, ...]
    empty: str
    """Shown instead of shares while nothing is sold."""
    debts: tuple[Row, ...]
    debts_note: Note | None
    terminal: Note | None
    """How the totals of the card terminal stand; None where there is none."""
    closing: Note
    button: Button
    reconcile: Button | None = None


_DEBT_NAMES: dict[DebtState, tuple[str, Tone]] = {
    DebtState.OWED: ("Обещано, ждём начисления", Tone.WARNING),
    DebtState.ACCRUED: ("Начислено", Tone.GOOD),
    DebtState.REFUSED: ("Отказано", Tone.DANGER),
    DebtState.CANCELLED: ("Отменено возвратом", Tone.SUBTLE),
}


def shift(state: CounterState, zone: tzinfo | None) -> ShiftScreen:
    """The page at this moment."""
    totals = state.shift_totals or state.totals
    heading, begun = _which(state, zone)
    return ShiftScreen(
        heading=heading,
        detail=" · ".join((begun, state.office, f"касса {state.till}")),
        taken_label="Принято за вычетом возвратов" if totals.refunds else "Принято",
        taken=str(totals.kept),
        rows=_rows(totals, state.taken_so_far),
        shares=_shares(totals) if totals.sales else (),
        empty="" if totals.sales else "Доли появятся с первой продажей.",
        debts=tuple(
            Row(label, number(count), tone)
            for each, (label, tone) in _DEBT_NAMES.items()
            if (count := state.shift_debts.get(each, 0))
        ),
        debts_note=_debts_note(state),
        terminal=_terminal(state, zone),
        closing=_closing(state),
        button=Button(Ask.PUT_OFF, "Вернуться к продажам", "Esc"),
        reconcile=_reconcile(state),
    )


def _which(state: CounterState, zone: tzinfo | None) -> tuple[str, str]:
    """Of what the sums are, and since when."""
    register, totals = state.register, state.shift_totals
    if register is None or totals is None:
        return "Сегодня", "с начала дня: смену ККТ ещё не назвала"
    name = f"Смена {register.shift_number}"
    if register.shift is ShiftState.CLOSED:
        return name, "закрыта"
    return name, since(totals.since, state.now, zone) if register.shift_since is not None else "с её открытия"


def _rows(totals: ShiftTotals, unfinished: tuple[tuple[TenderKind, Money], ...]) -> tuple[Row, ...]:
    rows = [Row("Продаж", number(totals.sales))]
    rows.extend(Row(first_large(TENDER_BY[kind]), roubles(taken)) for kind, taken in totals.kept_by_tender if taken)
    if totals.refunds:
        # The means above are net: the row must not look like something still to be taken off.
        rows.append(Row("Возвраты (уже вычтены)", f"{number(totals.refunds)} на {roubles(totals.given_back)}"))
    rows.extend(
        Row(f"В незаконченных продажах {TENDER_BY[kind]}", roubles(taken), Tone.WARNING) for kind, taken in unfinished
    )
    if totals.points_spent:
        rows.append(Row("Списано баллов", number(totals.points_spent.count)))
    return tuple(rows)


def _shares(totals: ShiftTotals) -> tuple[Share, ...]:
    return (
        _share("С CDEK ID", totals.with_customer, totals.sales),
        _share("Со списанием баллов", totals.with_points, totals.sales),
    )


def _share(label: str, part: int, sales: int) -> Share:
    percent = round(100 * part / sales)
    detail = f"{number(part)} из {counted(sales, 'продажи', 'продаж', 'продаж')} · цель {_GOAL}\N{NO-BREAK SPACE}%"
    return Share(label, percent, _GOAL, f"{percent}\N{NO-BREAK SPACE}%", detail)


def _debts_note(state: CounterState) -> Note | None:
    counts = state.shift_debts
    if counts.get(DebtState.REFUSED):
        return Note(Tone.WARNING, "Есть отказы.", "Причину видно в очереди (F12) и в карточке клиента.")
    if counts.get(DebtState.OWED):
        return Note(Tone.INFO, "Обещанное начислится само,", "закрывать смену это не мешает.")
    if not any(counts.values()):
        return Note(Tone.PLAIN, "", "Долга по баллам нет.")
    return None


def _terminal(state: CounterState, zone: tzinfo | None) -> Note | None:
    if TenderKind.CARD not in state.means:
        return None
    done = state.reconciliation
    if done is None:
        return Note(Tone.INFO, "Итоги терминала не сверены.", "Сверьте их, прежде чем закрывать смену.")
    if done.at is None:
        return Note(Tone.INFO, "Идёт сверка итогов терминала.", "Продавать можно, картой — после неё.")
    if not done.printed:
        return Note(Tone.WARNING, "Сверка итогов прошла, слип не напечатан.", "Напечатайте его ещё раз.")
    return Note(Tone.GOOD, f"Сверка итогов прошла в {clock(done.at, zone)}.", "Слип напечатан." if done.slip else "")


def _reconcile(state: CounterState) -> Button | None:
    if TenderKind.CARD not in state.means:
        return None
    done = state.reconciliation
    if done is not None and done.at is None:
        return Button(Ask.RECONCILE, "Сверка итогов", "Ctrl+F10", enabled=False, reason="Терминал ещё сверяет итоги")
    again = done is not None and not done.printed
    return Button(Ask.RECONCILE, "Напечатать слип сверки" if again else "Сверка итогов", "Ctrl+F10")


def _closing(state: CounterState) -> Note:
    if state.register is not None and state.register.shift is ShiftState.CLOSED:
        return Note(Tone.INFO, "Смена в ККТ закрыта.", "Новая откроется сама с первым чеком.")
    return Note(
        Tone.INFO, "Закрыть смену отсюда пока нельзя.", "Закройте её на самой ККТ: новая откроется с первым чеком."
    )
