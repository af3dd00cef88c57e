"""How the contest of the queues is shown: a Markdown table, and a line for each goal."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Row:
    """One contestant in the table."""

    name: str
    level: str
    put: str
    take: str
    put_ratio: float
    take_ratio: float

    @classmethod
    def of(
        cls,
        name: str,
        about: Mapping[str, str],
        times: Mapping[str, Sequence[int]],
        ratios: Mapping[str, Sequence[float]],
    ) -> Row:
        """Sum up times (nanoseconds) and ratios of ``put`` and ``take``."""
        return cls(
            f"{name} {about['version']}".strip(),
            about["level"],
            _percentiles(times["put"]),
            _percentiles(times["take"]),
            statistics.median(ratios["put"]),
            statistics.median(ratios["take"]),
        )


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal and what was reached."""

    what: str
    reached: float
    wanted: float
    at_least: bool = False

    def __str__(self) -> str:
        if math.isinf(self.wanted):
            return f"- no goal: {self.what}: {self.reached:.2f}"
        met = self.reached >= self.wanted if self.at_least else self.reached <= self.wanted
        sign = "≥" if self.at_least else "≤"
        return f"- {'met' if met else '**missed**'}: {self.what}: {self.reached:.2f} (wanted {sign} {self.wanted:g})"


def table(rows: Sequence[Row]) -> str:
    """The table, fastest put first."""
    lines = [
        "| contestant | durability | put µs, p50 / p99 / p99.9 | × plain SQLite | get + ack µs | × plain SQLite |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.level} | {row.put} | **{row.put_ratio:.2f}** | {row.take} | **{row.take_ratio:.2f}** |"
        for row in sorted(rows, key=lambda row: row.put_ratio)
    ]
    return "\n".join(lines) + "\n"


def _percentiles(times: Sequence[int]) -> str:
    """Median, 99th and 99.9th percentile in microseconds."""
    ordered = sorted(times)
    return " / ".join(f"{ordered[int(len(ordered) * share)] / 1e3:.0f}" for share in (0.5, 0.99, 0.999))
