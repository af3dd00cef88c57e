"""Icons of one set, drawn from SVG in the colour asked for and as sharp as the screen is."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from pos_client.bundled import bundled

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

__all__ = ["icon", "pixmap"]

_KEPT = 256  # a screen shows some twenty; two themes and a change of scale still fit


@cache
def _source(name: str) -> str:
    return bundled(f"icons/{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=_KEPT)
def pixmap(name: str, colour: str, px: int, ratio: float = 1.0) -> QPixmap:
    """The icon `name` in `colour` ("#2B2E33"), `px` logical pixels wide, for a screen of that device pixel ratio.

    Raises:
        FileNotFoundError: there is no such icon in `resources/icons`.
    """
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    side = round(px * ratio)
    drawn = QPixmap(side, side)
    drawn.fill(QColor(0, 0, 0, 0))
    painter = QPainter(drawn)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    drawn.setDevicePixelRatio(ratio)
    return drawn


def icon(name: str, colour: str, px: int, ratio: float = 1.0) -> "QIcon":
    """As `pixmap`, for a button."""
    from PySide6.QtGui import QIcon  # noqa: PLC0415 - its two hundred names of icons are no part of the first paint

    return QIcon(pixmap(name, colour, px, ratio))
