"""What is being typed and ticked in the form of joining, and what may be meant by it: pure, without Qt."""

from dataclasses import dataclass, replace

from pos_client.counter.state import CounterState, Joining
from pos_client.domain.customer import KeyKind
from pos_client.domain.joining import NEEDED, ConsentText, Purpose

__all__ = ["AT_NAME", "AT_PHONE", "JoinForm", "spoken_phone"]

AT_PHONE, AT_NAME, _FIRST_TICK = 0, 1, 2
_PHONE_DIGITS = 11
_LONGEST_NAME = 60
_NO_PHONE = "Нужен мобильный телефон: на него придёт код."


@dataclass(frozen=True, slots=True)
class JoinForm:
    """State of the hands in the form; losing it loses nothing. `phone` is digits only, `at` is where the hands are."""

    phone: str = ""
    name: str = ""
    purposes: frozenset[Purpose] = frozenset()
    at: int = AT_PHONE

    @classmethod
    def begun(cls, state: CounterState, joining: Joining) -> "JoinForm":
        """The form as it opens: nothing is ticked, and a phone by which nobody was found need not be typed again."""
        key = state.sale.customer.key if state.sale and state.sale.customer else None
        phone = key.value if key is not None and key.kind is KeyKind.PHONE else ""
        return cls(phone=_digits(phone), name=joining.name, purposes=joining.purposes)

    @property
    def whole_phone(self) -> str:
        """The phone when it is complete, digits with the country code; empty when it is not."""
        return self.phone if len(self.phone) == _PHONE_DIGITS and self.phone.startswith("79") else ""

    def typed(self, text: str, texts: tuple[ConsentText, ...]) -> "JoinForm":
        """Signs go to the field where the hands are; on a consent the space bar ticks it."""
        match self.at:
            case 0:
                return replace(self, phone=_digits(self.phone + text))
            case 1:
                signs = "".join(char for char in text if char.isalpha() or char in " -'.")
                return replace(self, name=(self.name + signs).lstrip()[:_LONGEST_NAME])
            case _:
                return self.ticked(self.at, texts) if text == " " else self

    def erased(self) -> "JoinForm":
        """The last sign of the field is taken back."""
        match self.at:
            case 0:
                rest = self.phone[:-1]
                return replace(self, phone="" if rest == "7" else rest)
            case 1:
                return replace(self, name=self.name[:-1])
            case _:
                return self

    def moved(self, by: int, texts: tuple[ConsentText, ...]) -> "JoinForm":
        """The hands go on or back; they stop at the ends."""
        return replace(self, at=max(AT_PHONE, min(self.at + by, last_place(texts))))

    def ticked(self, place: int, texts: tuple[ConsentText, ...]) -> "JoinForm":
        """The consent at this place is given, or taken back."""
        if not _FIRST_TICK <= place <= last_place(texts):
            return self
        purpose = texts[place - _FIRST_TICK].purpose
        return replace(self, at=place, purposes=self.purposes ^ {purpose})

    def chosen(self, place: int, texts: tuple[ConsentText, ...]) -> "JoinForm":
        """A field or a consent was pointed at."""
        return replace(self, at=place) if place < _FIRST_TICK else self.ticked(place, texts)

    def missing(self, texts: tuple[ConsentText, ...]) -> tuple[str, int] | None:
        """What is still needed, in words, and where; None when the code can be sent."""
        if not self.whole_phone:
            return _NO_PHONE, AT_PHONE
        for place, text in enumerate(texts, _FIRST_TICK):
            if text.purpose in NEEDED - self.purposes:
                return f"Без этого согласия вступить нельзя: «{text.title}».", place
        return None


def last_place(texts: tuple[ConsentText, ...]) -> int:
    """The place of the last consent."""
    return _FIRST_TICK + len(texts) - 1


def _digits(text: str) -> str:
    """Digits of a mobile phone with the country code, however it was begun: `8 916`, `+7 916` and `916` are one."""
    digits = "".join(char for char in text if char in "0123456789")
    if digits.startswith("8"):
        digits = "7" + digits[1:]
    elif digits and not digits.startswith("7"):
        digits = "7" + digits
    return digits[:_PHONE_DIGITS]


def spoken_phone(digits: str) -> str:
    """The digits as far as they are typed, in the groups in which people say them: `+7 916 123-45-67`."""
    if not digits:
        return ""
    rest = digits[1:]
    groups = " ".join(part for part in (rest[:3], rest[3:6]) if part)
    tail = "".join(f"-{part}" for part in (rest[6:8], rest[8:10]) if part)
    return f"+{digits[0]} {groups}{tail}".rstrip()
