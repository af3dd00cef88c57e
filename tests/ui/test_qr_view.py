from collections.abc import Iterator

import pytest
import zxingcpp
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from pos_client.ui.qr_code import QUIET, modules_of, side_on
from pos_client.ui.qr_view import QrCodeView
from pos_client.ui.theme import Scheme
from tests.ui import tender_states as money
from tests.ui.test_counter_view import Shown, texts

_WHITE = 255


@pytest.fixture
def shown(qapp: QApplication) -> Iterator[Shown]:
    made = Shown(qapp)
    yield made
    made.close()


def grey(image: QImage) -> memoryview:
    plain = image.convertToFormat(QImage.Format.Format_Grayscale8)
    flat = memoryview(bytes(plain.constBits()))[: plain.bytesPerLine() * plain.height()]
    return flat.cast("B", (plain.height(), plain.bytesPerLine()))


def code_of(shown: Shown) -> QrCodeView:
    shown.screen(money.scanning())
    [view] = [each for each in shown.window.findChildren(QrCodeView) if each.isVisible()]
    return view


@pytest.mark.parametrize("size", [(1366, 768), (1000, 700), (960, 600), (1920, 1080)])
def test_a_telephone_reads_from_the_screen_what_the_bank_gave(shown: Shown, size: tuple[int, int]) -> None:
    shown.window.resize(*size)
    view = code_of(shown)
    found = zxingcpp.read_barcodes(grey(view.grab().toImage()))
    assert [each.text for each in found] == [money.PAYLOAD]


@pytest.mark.parametrize("size", [(1366, 768), (1000, 700), (960, 600)])
def test_the_code_is_as_large_as_the_rules_want_with_its_quiet_zone(shown: Shown, size: tuple[int, int]) -> None:
    shown.window.resize(*size)
    view = code_of(shown)
    assert view.side() >= view.least_side()
    quiet = view.side() * QUIET / len(modules_of(money.PAYLOAD))
    assert view.side() + 2 * quiet <= min(view.width(), view.height())


def test_the_code_is_black_on_white_in_the_dark_too(qapp: QApplication) -> None:
    made = Shown(qapp, Scheme.DARK)
    view = code_of(made)
    image = view.grab().toImage()
    edge = (view.height() - view.side()) // 2 - 2
    assert image.pixelColor(view.width() // 2, edge).value() == _WHITE
    made.close()


@pytest.mark.parametrize(("dpi", "least"), [(96.0, 76), (185.0, 146), (0.0, 76), (5000.0, 76)])
def test_twenty_millimetres_are_counted_in_the_points_of_the_screen(dpi: float, least: int) -> None:
    assert least <= side_on(dpi) <= least + 2


def test_the_code_gives_way_to_the_order_again(shown: Shown) -> None:
    view = code_of(shown)
    assert "Упаковка" not in texts(shown.window)
    shown.screen(money.asking())
    assert not view.isVisible()
    assert "Упаковка" in texts(shown.window)
