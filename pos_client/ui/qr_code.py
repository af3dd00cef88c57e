"""A text as the modules of a QR code, and how large they have to be on a screen for a telephone to read them."""

from functools import lru_cache
from typing import cast

__all__ = ["QUIET", "modules_of", "side_on"]

QUIET = 4
"""Modules of white around the code (ISO/IEC 18004, 9.1)."""
_LEAST_MM = 20.0
"""A code to pay by is at least 20 × 20 mm, its quiet zone not counted."""
_MM_PER_INCH = 25.4
_USUAL_DPI = 96.0
_BELIEVABLE_DPI = (50.0, 400.0)
"""Monitors lie about their size: what is outside is taken for the usual."""


@lru_cache(maxsize=4)
def modules_of(text: str) -> tuple[tuple[bool, ...], ...]:
    """Rows of modules, True for black, without the quiet zone.

    Raises:
        ValueError: the text does not fit into a code.
    """
    import zxingcpp  # noqa: PLC0415 - nobody but a customer with a telephone needs it

    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    pixels = memoryview(cast("bytes", made.to_image(scale=1, add_quiet_zones=False)))
    height, width = pixels.shape or (0, 0)
    return tuple(tuple(pixels[y, x] == 0 for x in range(width)) for y in range(height))


def side_on(dpi: float) -> int:
    """The least side of the code in logical pixels on a screen of so many of them per inch."""
    least, most = _BELIEVABLE_DPI
    real = dpi if least <= dpi <= most else _USUAL_DPI
    return -(-int(_LEAST_MM / _MM_PER_INCH * real * 10) // 10) + 1
