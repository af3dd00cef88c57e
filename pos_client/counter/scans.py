"""Tells what was scanned or typed by its shape alone, so that a scan works from anywhere."""

import re
from dataclasses import dataclass

from pos_client.domain.customer import CustomerKey, KeyKind

__all__ = [
    "CouponScan",
    "CustomerScan",
    "Formats",
    "OrderScan",
    "ReceiptScan",
    "Scan",
    "UnknownScan",
    "recognise",
    "spoken_phone",
]

_LONGEST = 256
"""No code that means anything here is longer; anything longer is noise or an attack."""

_RECEIPT = re.compile(r"^(?=.*\bt=\d{8}T\d{4,6})(?=.*\bfn=\d+)(?=.*\bfp=\d+).*$")
"""A fiscal receipt's QR (tag 1196): `t=…&s=…&fn=…&i=…&fp=…&n=…`, in any sequence."""

_PHONE = re.compile(r"^(?:\+7|8|7)?9\d{9}$")


@dataclass(frozen=True, slots=True)
class Formats:
    """Shapes that are settings, because nobody publishes them for good."""

    order: str = r"\d{10,11}"
    cdek_id: str = r"\d{4,8}"
    card: str = r"\d{12,19}"
    """A discount card; longer than any order number, as long as bank cards are."""
    coupon: str = r"(?=.*\d)(?=.*[^\W\d_])[^\W_][\w-]{2,22}[^\W_]"
    """Letters and digits, both of them: nothing else that is read at the counter looks so."""


@dataclass(frozen=True, slots=True)
class OrderScan:
    """A CDEK order number."""

    number: str


@dataclass(frozen=True, slots=True)
class CustomerScan:
    """A CDEK ID code, a discount card, or a phone typed by hand."""

    key: CustomerKey


@dataclass(frozen=True, slots=True)
class CouponScan:
    """What has the shape of a coupon; whether it is one, only processing can tell."""

    code: str


@dataclass(frozen=True, slots=True)
class ReceiptScan:
    """The QR of a fiscal receipt."""

    text: str


@dataclass(frozen=True, slots=True)
class UnknownScan:
    """Nothing that this till knows. Its text is not kept: it may be anything."""

    length: int


Scan = OrderScan | CustomerScan | CouponScan | ReceiptScan | UnknownScan


def recognise(text: str, formats: Formats, *, typed: bool = False) -> Scan:
    """What `text` is. Only a person means a phone: ten scanned digits are always an order number.

    A phone that looks like an order number (ten or eleven digits) is taken for a phone only with `+`, brackets or a
    dash in it, because the counter reads order numbers all day; spaces alone are how people group an order number.
    """
    shown = text.strip()
    if not shown or len(shown) > _LONGEST or any(not char.isprintable() for char in shown):
        return UnknownScan(len(text))
    if _RECEIPT.match(shown):
        return ReceiptScan(shown)
    grouped = re.sub(r"\s", "", shown) if typed else shown
    if re.fullmatch(formats.order, grouped):
        return OrderScan(grouped)
    if (key := _customer(shown, grouped, formats, typed=typed)) is not None:
        return CustomerScan(key)
    if re.fullmatch(formats.coupon, shown):
        return CouponScan(shown)
    return UnknownScan(len(text))


def _customer(shown: str, grouped: str, formats: Formats, *, typed: bool) -> CustomerKey | None:
    if typed and (phone := spoken_phone(shown)):
        return CustomerKey(KeyKind.PHONE, phone)
    if re.fullmatch(formats.cdek_id, shown):
        return CustomerKey(KeyKind.CDEK_ID, shown)
    return CustomerKey(KeyKind.CARD, grouped) if re.fullmatch(formats.card, grouped) else None


def spoken_phone(text: str) -> str:
    """The digits of a phone as a person types it, `7…`; empty when it is none."""
    digits = re.sub(r"[\s()\-]", "", text)
    return "7" + digits[-10:] if _PHONE.match(digits) else ""
