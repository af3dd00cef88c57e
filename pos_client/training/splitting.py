"""Lines that processing splits, because a promotion counts pieces: more lines come back than were sent."""

from collections import Counter
from collections.abc import Sequence

from pos_client.training.wire import JsonObject, kopecks, roubles

__all__ = ["MUST_BE_RECALCULATED", "divisible", "split"]

MUST_BE_RECALCULATED = "Splitting of lines means that current order must be recalculated"

_PAIR = 2


def divisible(pieces: Sequence[tuple[str, float]]) -> list[bool]:
    """Whether each line, given by its product and quantity, has to be split.

    A product that is spread over several lines has been split already.
    """
    lines = Counter(product for product, _ in pieces)
    return [quantity >= _PAIR and quantity == int(quantity) and lines[product] == 1 for product, quantity in pieces]


def split(lines: list[JsonObject]) -> list[JsonObject]:
    """One piece of each line apart from its others: same `lineId`, numbers of their own, sums that agree."""
    apart = divisible([(str(line["product"]), line["quantity"]) for line in lines])
    found: list[JsonObject] = []
    for line, again in zip(lines, apart, strict=True):
        for one in _parts(line, line["quantity"]) if again else [line]:
            found.append(one | {"lineNumber": len(found) + 1})
    return found


def _parts(line: JsonObject, quantity: int) -> list[JsonObject]:
    total = kopecks(line["discountedPriceOfLine"])
    first = total // quantity
    promotions = [(one, *_shares(one, quantity)) for one in line["appliedPromotions"]]
    return [
        line
        | {
            "quantity": 1,
            "discountedPriceOfLine": roubles(first),
            "appliedPromotions": [one | {"amount": share} for one, share, _ in promotions if share],
        },
        line
        | {
            "quantity": quantity - 1,
            "discountedPriceOfLine": roubles(total - first),
            "appliedPromotions": [one | {"amount": rest} for one, _, rest in promotions if rest],
        },
    ]


def _shares(promotion: JsonObject, quantity: int) -> tuple[float, float]:
    """Amount of the first piece and of the others: kopecks of a discount, whole points of anything else."""
    if promotion["type"] == "discount":
        amount = kopecks(promotion["amount"])
        return roubles(amount // quantity), roubles(amount - amount // quantity)
    points = int(promotion["amount"])
    return points // quantity, points - points // quantity
