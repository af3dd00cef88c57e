"""A small table of what was measured: median, lowest, and the ratio to the first row, which is the yardstick."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Measured", "timing_table"]


@dataclass(frozen=True)
class Measured:
    """One thing measured many times; the values are in `unit`, milliseconds unless it says otherwise."""

    what: str
    values: Sequence[float]
    unit: str = "ms"

    @property
    def median(self) -> float:
        """The middle of the values."""
        return statistics.median(self.values)


def timing_table(rows: Sequence[Measured]) -> str:
    """The rows as Markdown. Ratios are medians of the ratios within a round, as rounds are measured side by side."""
    yardstick = rows[0]
    lines = ["| what | median | lowest | ratio |", "|---|---|---|---|"]
    for row in rows:
        pairs = zip(row.values, yardstick.values, strict=False)
        ratio = statistics.median(value / base for value, base in pairs if base)
        lines.append(f"| {row.what} | {row.median:.1f} {row.unit} | {min(row.values):.1f} | {ratio:.2f} |")
    return "\n".join(lines)
