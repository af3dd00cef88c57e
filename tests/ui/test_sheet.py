from pathlib import Path

import pytest
import zxingcpp
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from pos_client.training.sheet import sheet_codes
from pos_client.ui.sheet import SheetPage, draw_page, pages_of, write_sheet

_DOTS_PER_MM = 8  # a screen that shows the page at full width


@pytest.mark.usefixtures("qapp")
def test_every_code_reads_back_from_the_drawn_page() -> None:
    codes = sheet_codes()
    read: list[str] = []
    for page in pages_of(codes):
        found = zxingcpp.read_barcodes(_drawn(page))
        assert sorted(one.text for one in found) == sorted(one.text for one in page[1])
        read += [one.text for one in found]
    assert sorted(read) == sorted(one.text for one in codes)


def test_the_sheet_is_a_pdf_of_two_pages(qapp: QApplication, tmp_path: Path) -> None:
    assert qapp is not None
    target = tmp_path / "new folder" / "sheet.pdf"
    write_sheet(target, sheet_codes())
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert b"/Count 2" in content


@pytest.mark.usefixtures("qapp")
def test_a_sheet_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=tmp_path.name):
        write_sheet(tmp_path, sheet_codes())


def _drawn(page: SheetPage) -> memoryview:
    image = QImage(210 * _DOTS_PER_MM, 297 * _DOTS_PER_MM, QImage.Format.Format_Grayscale8)
    image.fill(255)
    painter = QPainter(image)
    draw_page(painter, page, dots_per_mm=_DOTS_PER_MM)
    painter.end()
    assert image.bytesPerLine() == image.width()
    return memoryview(bytes(image.constBits())).cast("B", (image.height(), image.width()))
