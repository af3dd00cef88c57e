"""Money in whole kopecks and points in whole points: two kinds of number that never mix."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["NO_POINTS", "ZERO", "Money", "Points", "largest_remainder"]

_NBSP = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"


def largest_remainder(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Parts of `total` in proportion to `weights` that sum to it exactly.

    Units left over after rounding down go to the largest remainders, then to the larger weight, then to the earlier
    part, so that the same input always gives the same answer on every till.

    Raises:
        ValueError: a weight is negative, or there is something to share and nobody to share it with.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("weights are not negative")
    if not weights:
        if total:
            raise ValueError("nobody to share with")
        return ()
    sign = -1 if total < 0 else 1
    whole = abs(total)
    shares = weights if any(weights) else [1] * len(weights)
    base = sum(shares)
    parts = [whole * share // base for share in shares]
    order = sorted(range(len(shares)), key=lambda i: (-(whole * shares[i] % base), -shares[i], i))
    for i in order[: whole - sum(parts)]:
        parts[i] += 1
    return tuple(sign * part for part in parts)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """A sum in kopecks."""

    kopecks: int

    @classmethod
    def from_roubles(cls, roubles: Decimal | int | str) -> "Money":
        """From roubles as the wire writes them; a fraction of a kopeck rounds half up.

        Floats are not taken: whoever has one (a JSON number) writes `Decimal(str(number))` and sees what he does.

        Raises:
            ValueError: not a finite number.
        """
        try:
            exact = Decimal(roubles)
        except ArithmeticError as error:
            raise ValueError(f"not a sum: {roubles!r}") from error
        if not exact.is_finite():
            raise ValueError(f"not a sum: {roubles!r}")
        return cls(int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP)))

    @property
    def roubles(self) -> Decimal:
        """The same sum in roubles, exactly, with two decimals."""
        return Decimal(self.kopecks).scaleb(-2)

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Parts in proportion to `weights` that sum to this sum to the kopeck (largest remainder)."""
        return tuple(Money(part) for part in largest_remainder(self.kopecks, weights))

    def __add__(self, other: "Money") -> "Money":
        return Money(self.kopecks + other.kopecks)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.kopecks - other.kopecks)

    def __mul__(self, times: int) -> "Money":
        return Money(self.kopecks * times)

    def __neg__(self) -> "Money":
        return Money(-self.kopecks)

    def __bool__(self) -> bool:
        return self.kopecks != 0

    @staticmethod
    def sum(parts: "Sequence[Money]") -> "Money":
        """The sum of any number of sums; of none, zero."""
        return Money(sum(part.kopecks for part in parts))

    def __str__(self) -> str:
        """As Russian tills print it: `4 990,00 ₽`, with no-break spaces and a true minus."""
        roubles, kopecks = divmod(abs(self.kopecks), 100)
        digits = f"{roubles:,}".replace(",", _NBSP)
        return f"{_MINUS if self.kopecks < 0 else ''}{digits},{kopecks:02d}{_NBSP}₽"


ZERO = Money(0)


@dataclass(frozen=True, slots=True, order=True)
class Points:
    """A number of loyalty points, whole and never negative.

    What a point is worth is the server's business: it comes with the quote as money taken off.
    """

    count: int

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("points are not negative")

    def __add__(self, other: "Points") -> "Points":
        return Points(self.count + other.count)

    def __sub__(self, other: "Points") -> "Points":
        return Points(self.count - other.count)

    def __bool__(self) -> bool:
        return self.count != 0

    def __str__(self) -> str:
        return f"{self.count:,}".replace(",", _NBSP)


NO_POINTS = Points(0)
