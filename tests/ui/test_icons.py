"""Icons: all can be drawn, in the colour asked for, as sharp as the screen."""

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from pos_client.bundled import bundled
from pos_client.ui.icons import icon, pixmap

NAMES = sorted(path.stem for path in bundled("icons").glob("*.svg"))


def strays(image: QImage, wanted: QColor) -> list[str]:
    """Opaque pixels of another colour; premultiplied alpha may round a channel by one."""
    found = [
        colour
        for x in range(image.width())
        for y in range(image.height())
        if (colour := image.pixelColor(x, y)).alpha() == 255
    ]
    assert found, "nothing is drawn"
    return [colour.name() for colour in found if distance(colour, wanted) > 1]


def distance(one: QColor, other: QColor) -> int:
    return max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue()))


@pytest.mark.parametrize("name", NAMES)
def test_every_icon_is_drawn_in_the_colour_asked_for(qapp: QApplication, name: str) -> None:
    assert qapp is not None
    assert strays(pixmap(name, "#147A20", 24, 2.0).toImage(), QColor("#147A20")) == []


def test_an_icon_has_the_pixels_of_its_screen(qapp: QApplication) -> None:
    assert qapp is not None
    drawn = pixmap("scan-barcode", "#2B2E33", 24, 1.5)
    assert (drawn.width(), drawn.devicePixelRatio(), drawn.deviceIndependentSize().width()) == (36, 1.5, 24)


def test_an_icon_is_drawn_once(qapp: QApplication) -> None:
    assert qapp is not None
    assert pixmap("check", "#2B2E33", 16) is pixmap("check", "#2B2E33", 16)


def test_a_missing_icon_says_so(qapp: QApplication) -> None:
    assert qapp is not None
    with pytest.raises(FileNotFoundError):
        icon("no-such-icon", QColor("black").name(), 16)
