"""The card terminal of the shop: what it charged and gave back, in whatever dialect it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pos_client.training.store import Store
from pos_client.training.wire import instant, moment, roubles

__all__ = ["CARD", "FULL_CARD", "TERMINAL", "CardOperation", "CardTerminal", "slip_of"]

TERMINAL: Final = "10050012"
CARD: Final = "************1234"
FULL_CARD: Final = "4276380012341234"
"""A number that no bank has issued; it is shown only by the fault that forgets to hide it."""

_TITLES: Final = {"pay": "Оплата", "refund": "Возврат"}
_COLUMNS: Final = "number, at, kind, amount, code, reference, guid, settled"
_WIDTH: Final = 32


@dataclass(frozen=True, slots=True)
class CardOperation:
    """One approved operation; `kind` is pay or refund, `amount` kopecks, `guid` the till's id if the wire has one."""

    number: int
    at: datetime
    kind: str
    amount: int
    code: str
    reference: str
    guid: str
    settled: bool


class CardTerminal:
    """The state of one terminal. Only what was approved leaves a trace, as on a real one."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self.at_work = 0
        """How many charges are under way: a terminal that waits for a card answers nothing else."""
        self._store = store
        self._clock = clock

    def move(self, kind: str, amount: int, guid: str = "") -> CardOperation:
        """Approve an operation."""
        with self._store.transaction():
            number = 1 + self._store.number("SELECT max(number) FROM card_operations")
            code, reference = f"{number * 7919 % 1_000_000:06d}", f"{610_000_000_000 + number:012d}"
            self._store.run(
                f"INSERT INTO card_operations ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",  # noqa: S608 - our columns
                number,
                instant(self._clock()),
                kind,
                amount,
                code,
                reference,
                guid,
            )
        return self.operations()[-1]

    def operations(self) -> list[CardOperation]:
        """Everything that was approved, oldest first."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM card_operations ORDER BY number")  # noqa: S608 - our columns
        return [
            CardOperation(row[0], moment(row[1]), row[2], row[3], row[4], row[5], row[6], bool(row[7])) for row in rows
        ]

    def last(self) -> CardOperation | None:
        """The latest operation, settled or not."""
        found = self.operations()
        return found[-1] if found else None

    def payment(self, reference: str) -> CardOperation | None:
        """The payment of this reference."""
        return next((one for one in self.operations() if one.kind == "pay" and one.reference == reference), None)

    def settle(self) -> str:
        """Close the day with the bank; returns the slip."""
        open_ones = [one for one in self.operations() if not one.settled]
        total = sum(one.amount if one.kind == "pay" else -one.amount for one in open_ones)
        self._store.run("UPDATE card_operations SET settled = 1")
        at = self._clock().astimezone().strftime("%d.%m.%y    %H:%M:%S")
        lines = ["СВЕРКА ИТОГОВ", at, f"Терминал: {TERMINAL}", f"Операций: {len(open_ones)}"]
        return "\n".join([*lines, f"Итого (Руб): {roubles(total):.2f}", "ИТОГИ СОВПАЛИ"]) + "\n"


def slip_of(operation: CardOperation, *, card: str = CARD, again: bool = False) -> str:
    """The slip, as long as a terminal prints it."""
    local = operation.at.replace(tzinfo=UTC).astimezone()
    lines = [
        "ПВЗ СДЭК MSK548".center(_WIDTH).rstrip(),
        f"{local:%d.%m.%y}      {local:%H:%M:%S}  ЧЕК {operation.number:04d}",
        *(["ПОВТОР ЧЕКА".center(_WIDTH).rstrip()] if again else []),
        f"УЧЕБНЫЙ БАНК{_TITLES[operation.kind]:>20}",
        f"Терминал: {TERMINAL}",
        f"Карта:(D)  {card}",
        "Сумма (Руб):",
        f"{roubles(operation.amount):>{_WIDTH}.2f}",
        "Комиссия за операцию - 0 руб.",
        "ОДОБРЕНО".center(_WIDTH).rstrip(),
        f"Код авторизации: {operation.code}",
        f"Номер ссылки: {operation.reference}",
    ]
    return "\n".join(lines) + "\n"
