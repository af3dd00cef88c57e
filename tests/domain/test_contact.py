"""Contacts: what a person writes becomes what the law wants in tag 1008, or nothing."""

import pytest

from pos_client.domain import choosing, creating
from pos_client.domain.contact import contact_in
from pos_client.domain.sale import IllegalMoveError
from tests.samples import NOW, cash, new_sale, priced_sale


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+7 916 555-00-67", "+79165550067"),
        ("8 (916) 555 00 67", "+79165550067"),
        ("79165550067", "+79165550067"),
        ("9165550067", "+79165550067"),
        ("+375291234567", "+375291234567"),
        (" anna@example.ru ", "anna@example.ru"),
        ("a.b-c@mail.example.co", "a.b-c@mail.example.co"),
        (f"{'a' * 53}@example.ru", f"{'a' * 53}@example.ru"),
    ],
)
def test_a_contact_is_kept_as_the_receipt_wants_it(written: str, kept: str) -> None:
    assert contact_in(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        *("", "Анна", "123", "495123456", "+7916555006", "+7916555006712345", "916-555-00-6x"),
        *("anna@", "@example.ru", "anna@example", "a b@c.ru", "a@b..ru", f"{'a' * 54}@example.ru"),
    ],
)
def test_what_is_no_contact_is_not_kept(written: str) -> None:
    assert contact_in(written) is None


def test_the_receipt_goes_where_the_customer_said_before_paying() -> None:
    sale = choosing.receipt_wanted(priced_sale(), "8 916 555-00-67", paper=False)
    sent = creating.reserved(sale.payment_asked(cash(499000), at=NOW), None).paid(new_sale(7).id).fiscal
    assert sent is not None
    assert (sent.receipt.contact, sent.receipt.paper) == ("+79165550067", False)


@pytest.mark.parametrize(("contact", "paper"), [("", False), ("Анна", True), ("Анна", False)])
def test_a_receipt_that_reaches_nobody_is_never_promised(contact: str, *, paper: bool) -> None:
    with pytest.raises(ValueError, match="paper or a contact"):
        choosing.receipt_wanted(new_sale(), contact, paper=paper)


def test_paper_alone_takes_back_what_was_said_before() -> None:
    sale = choosing.receipt_wanted(choosing.receipt_wanted(new_sale(), "anna@example.ru", paper=False), "", paper=True)
    assert (sale.contact, sale.paper) == ("", True)


def test_once_money_is_asked_for_the_way_of_the_receipt_is_settled() -> None:
    with pytest.raises(IllegalMoveError):
        choosing.receipt_wanted(priced_sale().payment_asked(cash(499000), at=NOW), "anna@example.ru", paper=True)
