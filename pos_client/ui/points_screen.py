"""Rows about points: the balance and what blocks it, what was promised and what became of it, coupons and messages."""

import re
from datetime import datetime, timedelta, tzinfo

from pos_client.counter.loyalty_words import coupon_words
from pos_client.counter.state import CounterState
from pos_client.domain.account import Blocked
from pos_client.domain.customer import Balance
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.loyalty import Coupon, CouponState, Quote, QuoteSource
from pos_client.domain.sale import Sale
from pos_client.ui.entry import most_points
from pos_client.ui.parts_screen import Note, Row, Tone
from pos_client.ui.wording import counted, day, number, points, tidy

__all__ = ["balance_rows", "coupon_rows", "debt_rows", "discount_rows", "last_debt_row", "messages", "whole_messages"]

_BURNS_SOON = timedelta(days=30)
_MOST_DEBTS = 2
_MOST_BLOCKED = 2
_MOST_MESSAGES = 2
_LONGEST_MESSAGE = 110
"""Signs: two lines of the card."""
_ORDER_NUMBER = re.compile(r"(?<!\d)\d{10,11}(?!\d)")
_CUT = "… F1"
"""The help holds the whole of it."""


def balance_rows(balance: Balance, state: CounterState, zone: tzinfo | None) -> tuple[Row, ...]:
    """What may be spent on this order, what waits and why, what burns next and when. Zeros are not shown."""
    rows: list[Row] = []
    sale = state.sale
    live = sale is not None and sale.quote is not None and sale.quote.source is QuoteSource.LIVE
    if sale is not None and live and (most := most_points(sale)):
        rows.append(Row("Можно списать", number(most.count)))
    rows.extend(_blocked_rows(balance, state, zone))
    burning = balance.expiring
    if burning is not None and burning.points:
        today = state.now.astimezone(zone).date()
        tone = Tone.WARNING if burning.on <= today + _BURNS_SOON else Tone.PLAIN
        rows.append(Row(f"Сгорят {day(burning.on, today)}", number(burning.points.count), tone))
    return tuple(rows)


def _blocked_rows(balance: Balance, state: CounterState, zone: tzinfo | None) -> list[Row]:
    if not balance.blocked:
        return []
    known = state.account.blocked if state.account is not None else ()
    if not known or sum(each.points.count for each in known) != balance.blocked.count:
        # A reason that explains a part only would let the rest pass for explained.
        return [Row("Ждут полной оплаты", number(balance.blocked.count))]
    first, rest = known[:_MOST_BLOCKED], known[_MOST_BLOCKED:]
    rows = [
        Row(
            "Ждут оплаты заказа" if each.order_id else "Пока закрыты",
            number(each.points.count),
            detail=_why_blocked(each, state, zone),
        )
        for each in first
    ]
    if rest:
        more = counted(len(rest), "заказу", "заказам", "заказам")
        rows.append(Row(f"и ещё по {more}", number(sum(each.points.count for each in rest))))
    return rows


def _why_blocked(blocked: Blocked, state: CounterState, zone: tzinfo | None) -> str:
    if blocked.order_id:
        return _order(blocked.order_id)
    return f"откроются {_on(blocked.until, state.now, zone)}" if blocked.until else ""


def _order(order_id: str) -> str:
    """The number that the customer knows, out of processing's id of the order, which is a matter of the project."""
    number = _ORDER_NUMBER.search(order_id)
    return tidy(number.group()) if number is not None else order_id


def _on(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    return day(at.astimezone(zone).date(), now.astimezone(zone).date())


# --------------------------------------------------------------------------------------------------------- points owed


def debt_rows(debts: tuple[Debt, ...], state: CounterState, zone: tzinfo | None) -> tuple[Row, ...]:
    """Promised, accrued, refused and why: open ones first, then the latest; a refunded sale promises nothing."""
    told = sorted((each for each in debts if each.state is not DebtState.CANCELLED), key=lambda each: not each.is_open)
    rows = [_debt_row(each, state, zone) for each in told[:_MOST_DEBTS]]
    if len(told) > _MOST_DEBTS:
        rows.append(Row("Раньше", f"ещё {len(told) - _MOST_DEBTS}", Tone.SUBTLE))
    return tuple(rows)


def _debt_row(debt: Debt, state: CounterState, zone: tzinfo | None) -> Row:
    about = f"{tidy(debt.order_number)} · {_on(debt.sold_at, state.now, zone)}"
    match debt.state:
        case DebtState.OWED:
            if debt.expected is None:
                return Row("Обещано по правилам дня", "", Tone.WARNING, about)
            return Row("Обещано", number(debt.expected.count), Tone.WARNING, about)
        case DebtState.ACCRUED:
            later = ", ждут полной оплаты" if debt.waits_for_payment else ""
            return Row("Начислено", number(debt.accrued.count), Tone.GOOD, about + later)
        case DebtState.REFUSED:
            return Row("Отказано", _much(debt, ""), Tone.DANGER, f"{about}. {_reason(debt)}")
        case DebtState.CANCELLED:
            return Row("Отменено возвратом", _much(debt, ""), Tone.SUBTLE, about)


def _much(debt: Debt, otherwise: str) -> str:
    return otherwise if debt.expected is None else number(debt.expected.count)


def _reason(debt: Debt) -> str:
    return debt.words or "Причину процессинг не назвал."


def last_debt_row(debt: Debt) -> Row:
    """What has become of the points of the last sale."""
    match debt.state:
        case DebtState.OWED:
            promised = "баллы" if debt.expected is None else points(debt.expected)
            return Row("Баллы за заказ", f"{promised} — начислим сами", Tone.WARNING)
        case DebtState.ACCRUED:
            later = "ждут полной оплаты" if debt.waits_for_payment else ""
            return Row("Баллы за заказ", f"начислено {number(debt.accrued.count)}", Tone.GOOD, later)
        case DebtState.REFUSED:
            return Row("Баллы за заказ", "отказано", Tone.DANGER, _reason(debt))
        case DebtState.CANCELLED:
            return Row("Баллы за заказ", "отменены возвратом", Tone.SUBTLE)


# ---------------------------------------------------------------------------------------- discounts, coupons, messages


def discount_rows(quote: Quote) -> tuple[Row, ...]:
    """Every promotion by its name, with the coupon that brought it."""
    return tuple(
        Row(off.name, str(-off.amount), Tone.GOOD, _brought_by(off.name, quote.coupons))
        for off in quote.discounts
        if off.amount
    )


def _brought_by(name: str, coupons: tuple[Coupon, ...]) -> str:
    codes = [each.code for each in coupons if each.state is CouponState.APPLIED and each.name == name]
    return f"купон {', '.join(codes)}" if codes and not any(code in name for code in codes) else ""


def coupon_rows(sale: Sale) -> tuple[Row, ...]:
    """Coupons that no discount tells of: applied without a name, not applied and why, or not looked at yet."""
    quote = sale.quote
    if quote is None or not quote.coupons:
        later = "ждёт цены" if quote is None else "ждёт CDEK ID" if sale.customer is None else "не применён"
        return tuple(Row(f"Купон {code}", later, Tone.SUBTLE) for code in sale.coupons)
    named = {off.name for off in quote.discounts if off.amount}
    return tuple(_coupon_row(each) for each in quote.coupons if each.name not in named or not _works(each))


def _works(coupon: Coupon) -> bool:
    return coupon.state is CouponState.APPLIED


def _coupon_row(coupon: Coupon) -> Row:
    if _works(coupon):
        return Row(f"Купон {coupon.code}", coupon_words(coupon), Tone.GOOD)
    return Row(f"Купон {coupon.code}", coupon_words(coupon), Tone.WARNING)


def messages(quote: Quote) -> Note | None:
    """Processing's own sentences, two at most and two lines each; the whole of them is in the help."""
    said = [_short(text) for text in quote.messages if text.strip()]
    if not said:
        return None
    first, *others = said[:_MOST_MESSAGES]
    return Note(Tone.INFO, "", first, tuple(others))


def whole_messages(sale: Sale | None) -> tuple[str, ...]:
    """The same, whole: paragraphs of the help."""
    return () if sale is None or sale.quote is None else tuple(text for text in sale.quote.messages if text.strip())


def _short(text: str) -> str:
    tidied = " ".join(text.split())
    if len(tidied) <= _LONGEST_MESSAGE:
        return tidied
    return tidied[: _LONGEST_MESSAGE - len(_CUT)].rstrip(" ,.;:—-") + _CUT
