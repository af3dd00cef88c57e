"""How numbers, times and counts read in Russian on the screen of a cashier."""

from datetime import date, datetime, timedelta, tzinfo

from pos_client.domain.money import Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.receipt import FiscalDocument, Tender

__all__ = [
    "NBSP",
    "TENDER_BY",
    "TENDER_NAME",
    "age",
    "clock",
    "counted",
    "day",
    "first_large",
    "grams",
    "number",
    "points",
    "receipt_and_number",
    "roubles",
    "since",
    "tenders",
    "tidy",
    "typed_sum",
    "when",
    "where_sent",
]

NBSP = "\N{NO-BREAK SPACE}"
_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_MONTHS = (
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
)

TENDER_NAME: dict[TenderKind, str] = {TenderKind.CASH: "наличные", TenderKind.CARD: "карта", TenderKind.SBP: "СБП"}
TENDER_BY: dict[TenderKind, str] = {TenderKind.CASH: "наличными", TenderKind.CARD: "картой", TenderKind.SBP: "по СБП"}


def counted(count: int, one: str, few: str, many: str) -> str:
    """`1 операция`, `2 операции`, `5 операций`: the count with the form of the noun that goes with it."""
    last_two, last = abs(count) % 100, abs(count) % 10
    takes_many = 11 <= last_two <= 14 or last == 0 or last >= 5  # noqa: PLR2004 - the numbers of Russian grammar
    form = many if takes_many else (one if last == 1 else few)
    return f"{number(count)}{NBSP}{form}"


def first_large(text: str) -> str:
    """`По СБП`: the first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def number(count: int) -> str:
    """A whole number in groups of three."""
    return f"{count:,}".replace(",", NBSP)


def points(amount: Points) -> str:
    """`125 баллов`."""
    return counted(amount.count, "балл", "балла", "баллов")


def roubles(amount: Money) -> str:
    """A sum without its kopecks when there are none: `2 500 ₽`, `2 500,50 ₽`."""
    return str(amount).replace(f",00{NBSP}₽", f"{NBSP}₽")


def tidy(order_number: str) -> str:
    """An order number in groups that are easy to read aloud: `1106 153 417`."""
    if not order_number.isdigit() or len(order_number) < 7:  # noqa: PLR2004 - shorter ones need no groups
        return order_number
    head, tail = order_number[:-6], order_number[-6:]
    return NBSP.join((head, tail[:3], tail[3:]))


def grams(weight: int) -> str:
    """`3,4 кг`, `350 г`."""
    if weight < 1000:  # noqa: PLR2004 - grams in a kilogram
        return f"{weight}{NBSP}г"
    kilograms = f"{weight / 1000:.1f}".removesuffix(".0").replace(".", ",")
    return f"{kilograms}{NBSP}кг"


def tenders(paid: tuple[Tender, ...]) -> str:
    """`2 500 ₽ наличными`, every means of a visit."""
    return ", ".join(f"{roubles(tender.amount)} {TENDER_BY[tender.kind]}" for tender in paid)


def clock(at: datetime, zone: tzinfo | None) -> str:
    """`14:02` by the wall clock of the office; None is the zone of this computer."""
    return f"{at.astimezone(zone):%H:%M}"


def day(on: date, today: date) -> str:
    """`30 ноября`, and of another year `21 ноября 2027`."""
    year = "" if on.year == today.year else f"{NBSP}{on.year}"
    return f"{on.day}{NBSP}{_MONTHS[on.month - 1]}{year}"


def when(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A moment as people name it: `14:02`, `вчера 18:40`, `12 ноября 18:40`."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.date() == today.date() - timedelta(days=1):
        return f"вчера {local:%H:%M}"
    return f"{day(local.date(), today.date())} {local:%H:%M}"


def receipt_and_number(document: FiscalDocument, between: str = " · ") -> str:
    """`Чек 12 · ФД 4102`; a document that is known from its paper alone has no number within the shift."""
    receipt = f" {document.receipt_number}{between}" if document.receipt_number else " "
    return f"Чек{receipt}ФД {document.number}"


def since(at: datetime, now: datetime, zone: tzinfo | None) -> str:
    """From when on: `с 14:02`, `с 18:40 вчерашнего дня`, `с 18:40 12 ноября`."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"с {local:%H:%M}"
    if local.date() == today.date() - timedelta(days=1):
        return f"с {local:%H:%M} вчерашнего дня"
    return f"с {local:%H:%M} {day(local.date(), today.date())}"


def age(since: datetime, now: datetime) -> str:
    """How long something lasts: `8 с`, `4 мин`, `3 ч 5 мин`, `2 дня`; never negative, whatever the clocks say."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}{NBSP}с"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}{NBSP}мин"
    if seconds < _DAY:
        minutes = seconds % _HOUR // _MINUTE
        return f"{seconds // _HOUR}{NBSP}ч" + (f" {minutes}{NBSP}мин" if minutes else "")
    return counted(seconds // _DAY, "день", "дня", "дней")


def typed_sum(text: str) -> Money | None:
    """What a typed sum of roubles means; None when it is no sum (yet)."""
    whole, _, part = text.replace(".", ",").partition(",")
    if not (whole + part).isdecimal() or len(part) > 2:  # noqa: PLR2004 - kopecks have two digits
        return None
    return Money(int(whole or "0") * 100 + int(part.ljust(2, "0")))


def where_sent(contact: str) -> str:
    """An address of a receipt, no more of it than it takes to recognise it."""
    name, at, domain = contact.partition("@")
    return f"{name[:1]}•••@{domain}" if at else f"••• {name[-4:-2]}-{name[-2:]}"
