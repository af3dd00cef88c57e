"""The codes that one can scan from the training sheet: CDEK ID codes as QR, order numbers as Code 128."""

from dataclasses import dataclass
from typing import cast

import zxingcpp

from pos_client.training.seed import read_orders, read_people

__all__ = ["SheetCode", "sheet_codes"]


@dataclass(frozen=True, slots=True)
class SheetCode:
    """One code with its Russian captions.

    `rows` are its modules, True for black, without a quiet zone; a linear code has a single row.
    """

    group: str
    title: str
    text: str
    rows: tuple[tuple[bool, ...], ...]

    def svg(self) -> str:
        """The code as SVG with its quiet zone, one unit per module."""
        height = 40 if len(self.rows) == 1 else len(self.rows)
        bars = "".join(
            f'<rect x="{x}" y="{y}" width="1" height="{height if len(self.rows) == 1 else 1}"/>'
            for y, row in enumerate(self.rows)
            for x, black in enumerate(row)
            if black
        )
        size = f"{-_QUIET} {-_QUIET} {len(self.rows[0]) + 2 * _QUIET} {height + 2 * _QUIET}"
        paper = f'<rect x="{-_QUIET}" y="{-_QUIET}" width="100%" height="100%" fill="#fff"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" shape-rendering="crispEdges">{paper}{bars}</svg>'
        )


_QUIET = 4


def sheet_codes() -> list[SheetCode]:
    """Every person and every order of the data set, once."""
    people = read_people()
    found: dict[str, SheetCode] = {}
    for one in (*people["people"], *people["strangers"]):
        name = " ".join(one["name"][:2]) if "name" in one else "Посторонний"
        caption = f"{name}: {one['title']}" if one["title"] else name
        found.setdefault(one["code"], _code("CDEK ID", caption, one["code"], zxingcpp.BarcodeFormat.QRCode))
    for one in read_orders():
        number = one["number"]
        found[number] = _code("Заказы", one["title"], number, zxingcpp.BarcodeFormat.Code128)
    return list(found.values())


def _code(group: str, title: str, text: str, symbology: zxingcpp.BarcodeFormat) -> SheetCode:
    image = zxingcpp.create_barcode(text, symbology).to_image(scale=1, add_quiet_zones=False)
    pixels = memoryview(cast("bytes", image))
    height, width = pixels.shape or (0, 0)
    rows = tuple(tuple(pixels[y, x] == 0 for x in range(width)) for y in range(height))
    if symbology == zxingcpp.BarcodeFormat.Code128:
        rows = rows[:1]
    return SheetCode(group, title, text, rows)
