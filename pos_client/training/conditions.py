"""What an order costs under the programme: discounts, the share that points may cover, and cashback.

Pure arithmetic in kopecks and whole points over the data of `resources/training/conditions.toml`.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from pos_client.bundled import bundled
from pos_client.training.promotions import LineKind, Promotion, read_promotions

__all__ = ["Calculation", "CodeRules", "Conditions", "Discount", "Line", "PricedLine", "Welcome", "load_conditions"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the till sent it; `unit` is the price of one piece in kopecks, `floor` the least that it may be."""

    line_id: str
    number: int
    product: str
    quantity: Decimal
    unit: int
    status: str
    kind: LineKind
    floor: int = 0

    @property
    def base(self) -> int:
        """Price of the whole line before discounts, kopecks, rounded half up."""
        return int((self.quantity * self.unit).quantize(Decimal(1), rounding="ROUND_HALF_UP"))

    @property
    def least(self) -> int:
        """The least that the whole line may cost, kopecks: nothing lowers the price of goods."""
        if self.kind is LineKind.GOODS:
            return self.base
        return min(self.base, int((self.quantity * self.floor).quantize(Decimal(1), rounding="ROUND_CEILING")))


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion took off one line, kopecks."""

    promotion: Promotion
    amount: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line after discounts and points; `total` in kopecks is what is left to pay for it."""

    line: Line
    discounts: tuple[Discount, ...]
    points: int
    total: int
    earned: int

    @property
    def room(self) -> int:
        """Kopecks by which the line may still become cheaper."""
        return self.total - self.line.least


@dataclass(frozen=True, slots=True)
class Calculation:
    """The whole order: what points may cover, what they cover, what is left in kopecks, what will be earned."""

    lines: tuple[PricedLine, ...]
    most_points: int
    points: int
    total: int
    earned: int
    """Cashback and gifts together."""
    percent: int
    why_nothing_earned: str | None
    gifts: tuple[Promotion, ...] = ()
    applied: tuple[Promotion, ...] = ()
    """Promotions that lowered the price or give points."""

    @property
    def cashback(self) -> int:
        """Points that the lines earn."""
        return sum(one.earned for one in self.lines)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a new member gets; `days` is how long it lives."""

    points: int
    days: int
    comment: str


@dataclass(frozen=True, slots=True)
class CodeRules:
    """Codes that are sent to a phone: how long, how long they live, how often one may try, how long a yes counts."""

    digits: int
    live_seconds: int
    tries: int
    yes_counts_seconds: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """The table of rules; another table makes another programme."""

    kopecks_per_point: int
    earned_points_live_days: int
    max_percent: int
    default_percent: int
    percent_by_tariff: dict[str, int]
    international_tariffs: frozenset[str]
    international_text: str
    nothing_text: str
    balance_system: str
    balance_name: str
    product_system: str
    delivery_prefix: str
    goods_prefix: str
    promotions: dict[str, Promotion]
    welcome: Welcome
    codes: CodeRules

    def kind_of(self, product: str) -> LineKind:
        """What the product's external id says about a line."""
        if product.startswith(self.delivery_prefix):
            return LineKind.DELIVERY
        return LineKind.GOODS if product.startswith(self.goods_prefix) else LineKind.EXTRA

    def calculate(
        self,
        lines: Sequence[Line],
        *,
        promotions: Sequence[Promotion] = (),
        wanted: int = 0,
        available: int = 0,
        international: bool = False,
        member: bool = True,
    ) -> Calculation:
        """Price the lines; `wanted` points are capped silently, as the wire document says."""
        priced = self._cheapest(lines, promotions)
        tariff = next((line.product for line in lines if line.kind is LineKind.DELIVERY), "")
        tariff = tariff.removeprefix(self.delivery_prefix)
        abroad = international or tariff in self.international_tariffs
        percent = 0 if abroad or not member else self.percent_by_tariff.get(tariff, self.default_percent)
        redeemable = sum(one.total for one in priced if one.line.kind is not LineKind.GOODS)
        most = min(
            max(available, 0),
            redeemable * self.max_percent // 100 // self.kopecks_per_point,
            sum(one.room // self.kopecks_per_point for one in priced),
        )
        priced = self._spread(priced, min(max(wanted, 0), most))
        priced = [self._with_cashback(one, percent) for one in priced]
        gifts = () if abroad or not member else tuple(one for one in promotions if one.gift_points)
        earned = sum(one.earned for one in priced) + sum(one.gift_points for one in gifts)
        why = None
        if not earned:
            why = self.international_text if abroad else self.nothing_text
        lowered = [discount.promotion for one in priced for discount in one.discounts]
        return Calculation(
            lines=tuple(priced),
            most_points=most,
            points=sum(one.points for one in priced),
            total=sum(one.total for one in priced),
            earned=earned,
            percent=percent,
            why_nothing_earned=why,
            gifts=gifts,
            applied=tuple(dict.fromkeys([*lowered, *gifts])),
        )

    def _cheapest(self, lines: Sequence[Line], promotions: Sequence[Promotion]) -> list[PricedLine]:
        """Either every discount that stands beside others, or one that does not."""
        choices = [[one for one in promotions if not one.exclusive]]
        choices += [[one] for one in promotions if one.exclusive]
        priced = [[self._discounted(line, choice) for line in lines] for choice in choices]
        return min(priced, key=lambda choice: sum(one.total for one in choice))

    def _discounted(self, line: Line, promotions: Sequence[Promotion]) -> PricedLine:
        left = line.base
        discounts = []
        for promotion in promotions:
            amount = left * promotion.percent // 100 if promotion.covers(line.kind) else 0
            amount = min(amount, left - line.least)
            if amount:
                discounts.append(Discount(promotion, amount))
                left -= amount
        return PricedLine(line, tuple(discounts), 0, left, 0)

    def _spread(self, priced: list[PricedLine], points: int) -> list[PricedLine]:
        """Whole points over the service lines in proportion to their prices, by the largest remainder."""
        roof = [one.room // self.kopecks_per_point for one in priced]
        points = min(points, sum(roof))
        weights = [one.total if high else 0 for one, high in zip(priced, roof, strict=True)]
        whole = sum(weights) or 1
        shares = [min(points * weight // whole, high) for weight, high in zip(weights, roof, strict=True)]
        order = sorted(range(len(priced)), key=lambda at: (-(points * weights[at] % whole), at))
        while sum(shares) < points:
            for at in order:
                if sum(shares) < points and shares[at] < roof[at]:
                    shares[at] += 1
        return [
            replace(one, points=share, total=one.total - share * self.kopecks_per_point)
            for one, share in zip(priced, shares, strict=True)
        ]

    def _with_cashback(self, one: PricedLine, percent: int) -> PricedLine:
        if one.line.kind is LineKind.GOODS:
            return one
        return replace(one, earned=one.total * percent // 100 // self.kopecks_per_point)


def load_conditions(path: Path | None = None) -> Conditions:
    """Read the table of rules; the bundled one unless another is named."""
    table = tomllib.loads((path or bundled("training/conditions.toml")).read_text(encoding="utf-8"))
    return Conditions(
        kopecks_per_point=table["kopecks_per_point"],
        earned_points_live_days=table["earned_points_live_days"],
        max_percent=table["redemption"]["max_percent"],
        default_percent=table["cashback"]["default"],
        percent_by_tariff=dict(table["cashback"]["by_tariff"]),
        international_tariffs=frozenset(str(code) for code in table["international"]["tariffs"]),
        international_text=table["cashback"]["international_text"],
        nothing_text=table["cashback"]["nothing_text"],
        balance_system=table["balance"]["system_name"],
        balance_name=table["balance"]["name"],
        product_system=table["products"]["system"],
        delivery_prefix=table["products"]["delivery_prefix"],
        goods_prefix=table["products"]["goods_prefix"],
        promotions=read_promotions(table["promotions"]),
        welcome=Welcome(**table["welcome"]),
        codes=CodeRules(**table["codes"]),
    )
