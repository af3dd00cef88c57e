"""What no register would take is known before its money is taken."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos_client.adapters.receipt_json import RegisterSettings, receipt_task
from pos_client.domain.contact import phones_in
from pos_client.domain.loyalty import Earning, base_quote
from pos_client.domain.money import Money
from pos_client.domain.order import LineKind, Order, OrderLine, OrderState, Seller, Vat
from pos_client.domain.receipt import Receipt, ReceiptKind, receipt_for
from pos_client.domain.registrable import (
    MOST_BYTES,
    ReceiptObstacle,
    bytes_of_document,
    bytes_of_line,
    is_inn,
    obstacle,
)
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Agent, AgentSign
from pos_client.training.receipt_rules import DeviceError, read_receipt
from tests.samples import ORDER, cash, live_quote

RULES = FiscalRules()
SELLER = Seller("ООО Ромашка", "7707083893", "+74950000000")


def of_goods(seller: Seller, *, count: int = 1, name: str = "Кружка", rules: FiscalRules = RULES) -> Receipt:
    """The receipt for so many positions of a seller's goods, at the hand-over."""
    goods = tuple(
        OrderLine(str(at), name, LineKind.GOODS, Money(10000), vat=Vat.VAT22, seller=seller) for at in range(count)
    )
    order: Order = replace(ORDER, state=OrderState.WAITING, lines=goods)
    quote = base_quote(order, Earning.NO_CUSTOMER)
    return receipt_for(order, quote, cash(10000 * count), sale_id=UUID(int=1), cashier="Иванова М.", rules=rules)


def taken_by_the_register(receipt: Receipt) -> bool:
    full = RegisterSettings(place="П" * 256, address="А" * 256, sender_email=f"{'a' * 52}@example.com")
    try:
        read_receipt(receipt_task(receipt, full))
    except DeviceError:
        return False
    return True


@pytest.mark.parametrize(("lines", "found"), [(100, None), (101, ReceiptObstacle.TOO_MANY_LINES)])
def test_no_register_takes_more_than_a_hundred_lines(lines: int, found: ReceiptObstacle | None) -> None:
    made = receipt_for(ORDER, live_quote(ORDER), cash(499000), sale_id=UUID(int=1), cashier="И.")
    assert obstacle(replace(made, lines=made.lines[:1] * lines), RULES) is found


@pytest.mark.parametrize(
    ("name", "phone", "sign", "found"),
    [
        ("ООО Ромашка", "+74950000000", AgentSign.PAYING_AGENT, None),
        ("", "+74950000000", AgentSign.PAYING_AGENT, ReceiptObstacle.SELLER_UNKNOWN),
        ("ООО Ромашка", "", AgentSign.PAYING_AGENT, ReceiptObstacle.SELLER_UNKNOWN),
        ("ООО Ромашка", "звоните", AgentSign.PAYING_AGENT, ReceiptObstacle.SELLER_UNKNOWN),
        ("ООО Ромашка", "8 (495) 000-00-00", AgentSign.PAYING_AGENT, None),
        ("", "", AgentSign.ANOTHER, None),
        ("ООО Ромашка", "звоните", AgentSign.ANOTHER, None),
    ],
)
def test_a_paying_agent_names_the_seller_and_a_phone_of_his(
    name: str, phone: str, sign: AgentSign, found: ReceiptObstacle | None
) -> None:
    rules = FiscalRules(agent=Agent(sign))
    made = of_goods(Seller(name, "7707083893", phone), rules=rules)
    assert obstacle(made, rules) is found
    assert taken_by_the_register(made) is (found is None)


@pytest.mark.parametrize(
    ("seller", "found"),
    [
        (replace(SELLER, inn="123"), ReceiptObstacle.SELLER_INN),
        (replace(SELLER, inn=""), ReceiptObstacle.SELLER_INN),
        (replace(SELLER, name="Я" * 239), None),
        (replace(SELLER, name="Я" * 241), ReceiptObstacle.SELLER_NAME),
        (replace(SELLER, name="Я" * 256, phone=""), None),
        (replace(SELLER, name="Я" * 257, phone=""), ReceiptObstacle.SELLER_NAME),
    ],
)
def test_a_seller_stands_in_the_tags_or_no_money_is_taken(seller: Seller, found: ReceiptObstacle | None) -> None:
    made = of_goods(seller)
    assert obstacle(made, RULES) is found
    assert taken_by_the_register(made) is (found is None)


@pytest.mark.parametrize(
    ("inn", "right"),
    [
        ("7707083893", True),
        ("7707083894", False),
        ("7702070139", True),
        ("123654789507", True),
        ("123654789517", False),
        ("123654789508", False),
        ("500100732259", True),
        ("000000000000", True),
        ("770708389", False),
        ("77070838931", False),
        ("٧٧٠٧٠٨٣٨٩٣", False),
        ("", False),
    ],
)
def test_the_last_digits_of_a_taxpayers_number_are_made_of_the_others(inn: str, *, right: bool) -> None:
    assert is_inn(inn) is right


def test_what_was_registered_with_a_misprint_is_given_back_with_it() -> None:
    misprinted = of_goods(replace(SELLER, inn="7707083894"))
    assert obstacle(misprinted, RULES) is ReceiptObstacle.SELLER_INN
    assert obstacle(replace(misprinted, kind=ReceiptKind.RETURN), RULES) is None
    assert obstacle(replace(of_goods(replace(SELLER, inn="1")), kind=ReceiptKind.RETURN), RULES) is not None


@pytest.mark.parametrize(("cashier", "found"), [("Я" * 64, None), ("Я" * 65, ReceiptObstacle.CASHIER_NAME)])
def test_the_cashiers_name_stands_in_its_tag(cashier: str, found: ReceiptObstacle | None) -> None:
    made = replace(of_goods(SELLER), cashier=cashier)
    assert obstacle(made, RULES) is found
    assert taken_by_the_register(made) is (found is None)
    assert obstacle(replace(made, cashier=" "), RULES) is ReceiptObstacle.CASHIER_NAME


def test_a_hundred_lines_of_long_names_do_not_fit_into_the_storage() -> None:
    named = Seller("Общество с ограниченной ответственностью «Торговый дом Ромашка плюс»", "7707083893", SELLER.phone)
    long = "Кружка керамическая подарочная с крышкой, 350 мл, цвет синий, артикул 0000000001"
    made = of_goods(named, count=100, name=long)
    assert obstacle(made, RULES) is ReceiptObstacle.TOO_LONG
    assert not taken_by_the_register(made)
    assert obstacle(of_goods(named, count=60, name=long), RULES) is None


@given(
    count=st.integers(60, 100),
    name=st.integers(1, 128),
    seller=st.integers(0, 239),
    phone=st.sampled_from(["", SELLER.phone, "8 495 000-00-00, 8 800 555-35-35"]),
)
@settings(max_examples=60, deadline=None)
def test_a_document_that_is_let_through_fits_whatever_its_texts(count: int, name: int, seller: int, phone: str) -> None:
    made = of_goods(Seller("Я" * seller, "7707083893", phone), count=count, name="Ж" * name)
    if obstacle(made, RULES) is None:
        assert bytes_of_document(map(bytes_of_line, made.lines)) <= MOST_BYTES
        assert taken_by_the_register(made)


@pytest.mark.parametrize(
    ("told", "dialled"),
    [
        ("+74955550101", ("+74955550101",)),
        ("+7 (495) 555-01-01", ("+74955550101",)),
        ("8-495-555-01-01", ("+74955550101",)),
        ("(495) 555 01 01", ("+74955550101",)),
        ("9165550101", ("+79165550101",)),
        ("8 800 555-35-35; +7 495 555-01-01 доб. 12", ("+78005553535", "+74955550101")),
        ("8 495 555-01-01, 84955550101", ("+74955550101",)),
        ("+375 29 555-01-01", ("+375295550101",)),
        ("555-01-01", ()),
        ("a@example.ru", ()),
        ("нет", ()),
        ("", ()),
    ],
)
def test_a_sellers_phone_is_dialled_however_it_was_written(told: str, dialled: tuple[str, ...]) -> None:
    assert phones_in(told) == dialled


def test_a_line_takes_its_tags_and_a_letter_a_byte() -> None:
    (plain,) = receipt_for(
        replace(ORDER, lines=ORDER.lines[:1]), live_quote(replace(ORDER, lines=ORDER.lines[:1])), cash(450000),
        sale_id=UUID(int=1), cashier="И.",
    ).lines  # fmt: skip
    assert bytes_of_line(plain) == 70 + 4 + len(plain.name)
    agent = Agent(AgentSign.PAYING_AGENT, "Оплата", "+74950000000")
    (goods,) = of_goods(SELLER, rules=FiscalRules(agent=agent)).lines
    texts = (goods.name, SELLER.name, SELLER.phone, agent.operation, agent.phone)
    assert bytes_of_line(goods) == 70 + 30 + sum(4 + len(text) for text in texts)


@pytest.mark.parametrize(("over", "found"), [(0, None), (1, ReceiptObstacle.TOO_LONG)])
def test_a_document_may_fill_the_storage_to_the_last_byte(over: int, found: ReceiptObstacle | None) -> None:
    made = of_goods(SELLER)
    room = 25307 - sum(map(bytes_of_line, made.lines)) - 2 * 4
    notes = ("Я" * 10, "Я" * (room - 10 + over))
    assert bytes_of_document([25307]) == MOST_BYTES == 32768
    assert obstacle(replace(made, notes=notes), RULES) is found


@pytest.mark.parametrize(
    ("stated", "found"), [(None, ReceiptObstacle.SELLER_UNKNOWN), (Agent(AgentSign.ANOTHER), None)]
)
def test_what_a_line_states_of_the_agent_counts_and_else_what_the_register_is(
    stated: Agent | None, found: ReceiptObstacle | None
) -> None:
    made = of_goods(replace(SELLER, phone=""))
    lines = tuple(replace(line, agent=stated) for line in made.lines)
    assert obstacle(replace(made, lines=lines), FiscalRules(agent=Agent(AgentSign.PAYING_AGENT))) is found


def test_a_cashier_may_have_a_name_of_one_letter() -> None:
    assert obstacle(replace(of_goods(SELLER), cashier="Я"), RULES) is None
