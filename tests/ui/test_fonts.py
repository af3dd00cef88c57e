"""The bundled face: it is the one on screen, it has every sign, and its digits are of one width."""

import pytest
from PySide6.QtGui import QFont, QFontInfo, QFontMetricsF, QRawFont
from PySide6.QtWidgets import QApplication

from pos_client.bundled import bundled
from pos_client.ui.fonts import FAMILY, load_fonts, money_font, text_font

WEIGHTS = (QFont.Weight.Normal, QFont.Weight.Medium, QFont.Weight.DemiBold, QFont.Weight.Bold)
FILES = ("Regular", "Medium", "SemiBold", "Bold")
SIGNS = (
    "".join(chr(code) for code in range(0x20, 0x7F))
    + "".join(chr(code) for code in range(ord("А"), ord("я") + 1))
    + "Ёё₽№→←↑↓✓×≈−·•«»—–…°±≤≥●◆○\u00a0\u202f\u2009"
)


@pytest.mark.parametrize("file", FILES)
def test_every_weight_has_every_sign(qapp: QApplication, file: str) -> None:
    assert qapp is not None
    font = QRawFont(str(bundled(f"fonts/InterPOS-{file}.ttf")), 16)
    assert [sign for sign in SIGNS if not font.supportsCharacter(ord(sign))] == []


@pytest.mark.parametrize("weight", WEIGHTS)
def test_the_face_on_screen_is_ours_in_its_real_weight(qapp: QApplication, weight: QFont.Weight) -> None:
    assert qapp is not None
    load_fonts()
    info = QFontInfo(text_font(15, weight))
    assert info.family() == FAMILY
    assert info.weight() == weight
    assert info.exactMatch()


def test_every_weight_is_heavier_than_the_one_before(qapp: QApplication) -> None:
    assert qapp is not None
    load_fonts()
    widths = [QFontMetricsF(text_font(100, weight)).horizontalAdvance("Наличные") for weight in WEIGHTS]
    assert widths == sorted(set(widths))


@pytest.mark.parametrize("weight", WEIGHTS)
def test_digits_are_of_one_width(qapp: QApplication, weight: QFont.Weight) -> None:
    assert qapp is not None
    load_fonts()
    metrics = QFontMetricsF(text_font(56, weight))
    assert len({metrics.horizontalAdvance(digit * 10) for digit in "0123456789"}) == 1


def test_money_is_bold_and_its_digits_are_of_one_width(qapp: QApplication) -> None:
    assert qapp is not None
    load_fonts()
    font = money_font(56)
    assert font.weight() == QFont.Weight.Bold
    assert QFontMetricsF(font).horizontalAdvance("1111") == QFontMetricsF(font).horizontalAdvance("8888")


def test_the_licence_lies_beside_the_fonts() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in bundled("fonts/OFL.txt").read_text(encoding="utf-8")
