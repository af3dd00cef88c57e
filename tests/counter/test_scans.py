"""What a scan or a typed text is, by its shape alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.counter.scans import (
    CouponScan,
    CustomerScan,
    Formats,
    OrderScan,
    ReceiptScan,
    Scan,
    UnknownScan,
    recognise,
)
from pos_client.domain.customer import CustomerKey, KeyKind

FORMATS = Formats()


@pytest.mark.parametrize(
    ("text", "typed", "scan"),
    [
        ("1106153417", False, OrderScan("1106153417")),
        ("48210967", False, CustomerScan(CustomerKey(KeyKind.CDEK_ID, "48210967"))),
        ("231534554262", False, CustomerScan(CustomerKey(KeyKind.CARD, "231534554262"))),
        ("2315 3455 4262", True, CustomerScan(CustomerKey(KeyKind.CARD, "231534554262"))),
        ("+7 916 111-22-33", True, CustomerScan(CustomerKey(KeyKind.PHONE, "79161112233"))),
        ("SPRING10", False, CouponScan("SPRING10")),
        ("NEXT-9F2K", True, CouponScan("NEXT-9F2K")),
        ("ВЕСНА10", False, CouponScan("ВЕСНА10")),
        ("SPRING", False, UnknownScan(6)),
        ("A1", False, UnknownScan(2)),
        ("http://example.ru/a1", False, UnknownScan(20)),
        ("t=20261121T1402&s=1.00&fn=1&i=2&fp=3&n=1", False, ReceiptScan("t=20261121T1402&s=1.00&fn=1&i=2&fp=3&n=1")),
    ],
)
def test_a_shape_means_one_thing(text: str, typed: bool, scan: Scan) -> None:  # noqa: FBT001 - a column of the table
    assert recognise(text, FORMATS, typed=typed) == scan


def test_shapes_are_settings() -> None:
    formats = Formats(card=r"C\d{5}", coupon=r"\d{9}")
    assert recognise("C12345", formats) == CustomerScan(CustomerKey(KeyKind.CARD, "C12345"))
    assert recognise("123456789", formats) == CouponScan("123456789")


@given(st.text(alphabet="0123456789", min_size=1, max_size=30))
def test_digits_alone_are_never_a_coupon(digits: str) -> None:
    assert not isinstance(recognise(digits, FORMATS), CouponScan)
