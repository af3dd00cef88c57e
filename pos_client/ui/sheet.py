"""The training sheet on A4: codes to scan from paper or from the screen, with Russian captions."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from pos_client.ui.fonts import FAMILY, load_fonts

__all__ = ["ScannableCode", "SheetPage", "draw_page", "pages_of", "write_sheet"]

_PAGE_MM: Final = (210.0, 297.0)
_MARGIN_MM: Final = 12.0
_HEAD_MM: Final = 14.0
_COLUMNS: Final = 2
_ROWS: Final = 7
_CELL_GAP_MM: Final = 4.0
_CAPTION_MM: Final = 10.0
_TEXT_MM: Final = 5.0
_QUIET_MM: Final = 1.0
_LINEAR_MODULE_MM: Final = 0.5
_HEAD_PT: Final = 14.0
_CAPTION_PT: Final = 8.5
_TEXT_PT: Final = 10.0
_DOTS_PER_INCH: Final = 600
_MM_PER_INCH: Final = 25.4
_PT_PER_INCH: Final = 72.0
_INK: Final = QColor("#2B2E33")
_LINE: Final = QColor("#CECFD2")

Rows = tuple[tuple[bool, ...], ...]


class ScannableCode(Protocol):
    """One code: a group to print it in, its caption, its text and its modules without a quiet zone."""

    @property
    def group(self) -> str:
        """Pages are made by group."""

    @property
    def title(self) -> str:
        """Whom or what the code stands for."""

    @property
    def text(self) -> str:
        """What the scanner will send."""

    @property
    def rows(self) -> Rows:
        """Modules, True for black."""


SheetPage = tuple[str, Sequence[ScannableCode]]


def pages_of(codes: Sequence[ScannableCode]) -> Iterator[SheetPage]:
    """Codes by group, each group on pages of its own."""
    for group, members in groupby(codes, key=lambda one: one.group):
        found = list(members)
        size = _COLUMNS * _ROWS
        for start in range(0, len(found), size):
            yield group, found[start : start + size]


def write_sheet(path: Path, codes: Sequence[ScannableCode]) -> None:
    """Write the sheet as a PDF; needs a `QGuiApplication` for its fonts.

    Raises:
        OSError: the file cannot be written.
    """
    load_fonts()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")  # QPdfWriter fails without a word; this says why
    writer = QPdfWriter(str(path))
    writer.setTitle("Учебный лист кассы ПВЗ")
    writer.setResolution(_DOTS_PER_INCH)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0), QPageLayout.Unit.Millimeter)
    painter = QPainter(writer)
    try:
        for number, page in enumerate(pages_of(codes)):
            if number:
                writer.newPage()
            draw_page(painter, page, dots_per_mm=_DOTS_PER_INCH / _MM_PER_INCH)
    finally:
        painter.end()


def draw_page(painter: QPainter, page: SheetPage, *, dots_per_mm: float) -> None:
    """Draw one page onto a device of so many dots per millimetre."""
    painter.save()
    painter.scale(dots_per_mm, dots_per_mm)
    painter.setPen(QPen(_INK))
    group, codes = page
    width = _PAGE_MM[0] - 2 * _MARGIN_MM
    _write(painter, QRectF(_MARGIN_MM, _MARGIN_MM, width, _HEAD_MM), f"Учебный магазин · {group}", _HEAD_PT)
    cell_width = (width - _CELL_GAP_MM) / _COLUMNS
    cell_height = (_PAGE_MM[1] - 2 * _MARGIN_MM - _HEAD_MM) / _ROWS
    for at, code in enumerate(codes):
        row, column = divmod(at, _COLUMNS)
        left = _MARGIN_MM + column * (cell_width + _CELL_GAP_MM)
        top = _MARGIN_MM + _HEAD_MM + row * cell_height
        _draw_code(painter, QRectF(left, top, cell_width, cell_height - _CELL_GAP_MM), code)
    painter.restore()


def _draw_code(painter: QPainter, cell: QRectF, code: ScannableCode) -> None:
    painter.setPen(QPen(_LINE, 0.2))
    painter.drawRoundedRect(cell, 2, 2)
    painter.setPen(QPen(_INK))
    inner = cell.adjusted(2, 1, -2, -1)
    _write(painter, QRectF(inner.left(), inner.top(), inner.width(), _CAPTION_MM), code.title, _CAPTION_PT)
    foot = QRectF(inner.left(), inner.bottom() - _TEXT_MM, inner.width(), _TEXT_MM)
    _write(painter, foot, code.text, _TEXT_PT, Qt.AlignmentFlag.AlignHCenter)
    room = inner.adjusted(0, _CAPTION_MM + _QUIET_MM, 0, -_TEXT_MM - _QUIET_MM)
    columns, rows = len(code.rows[0]), len(code.rows)
    if rows == 1:
        module, height = _LINEAR_MODULE_MM, room.height()
    else:
        module = height = (room.height()) / rows
    left, top = room.center().x() - columns * module / 2, room.top()
    for y, row in enumerate(code.rows):
        for begin, length in _runs(row):
            bar = QRectF(left + begin * module, top + y * height, length * module, height)
            painter.fillRect(bar, Qt.GlobalColor.black)


def _runs(row: tuple[bool, ...]) -> Iterator[tuple[int, int]]:
    """Neighbouring black modules as one bar: separate ones show hairlines on paper."""
    at = 0
    for black, members in groupby(row):
        length = len(list(members))
        if black:
            yield at, length
        at += length


def _write(
    painter: QPainter,
    where: QRectF,
    text: str,
    points: float,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> None:
    """Text in a painter that is scaled to millimetres: drawn in its own dots, so that no hinting is lost."""
    painter.save()
    dots = painter.transform().m11()
    painter.resetTransform()
    font = QFont(FAMILY)
    font.setPixelSize(max(1, round(points / _PT_PER_INCH * _MM_PER_INCH * dots)))
    painter.setFont(font)
    scaled = QRectF(where.x() * dots, where.y() * dots, where.width() * dots, where.height() * dots)
    painter.drawText(scaled, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, text)
    painter.restore()
