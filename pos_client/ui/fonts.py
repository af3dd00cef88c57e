"""The till's own typeface: loaded from the installation, the same on every computer, with digits of one width."""

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase

from pos_client.bundled import bundled

__all__ = ["FAMILY", "load_fonts", "money_font", "text_font"]

FAMILY = "Inter POS"
_FILES = ("InterPOS-Regular.ttf", "InterPOS-Medium.ttf", "InterPOS-SemiBold.ttf", "InterPOS-Bold.ttf")
_TABULAR = QFont.Tag("tnum")


@cache
def load_fonts() -> None:
    """Give Qt the four weights; once per process, after the application object exists.

    Raises:
        FileNotFoundError: the installation is damaged.
        RuntimeError: Qt cannot read a font file.
    """
    for name in _FILES:
        path = bundled(f"fonts/{name}")
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"Qt cannot read the font {path}")


def text_font(px: int, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The face at `px` logical pixels; figures are tabular here too, so that nothing moves when a number changes."""
    font = QFont(FAMILY)
    font.setPixelSize(px)
    font.setWeight(weight)
    font.setFeature(_TABULAR, 1)
    return font


def money_font(px: int) -> QFont:
    """For sums of money: bold, tabular, `px` logical pixels high."""
    return text_font(px, QFont.Weight.Bold)
