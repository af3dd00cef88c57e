from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.adapters.slips import decoded, facts, masked_card, slip_lines, without_cards
from pos_client.domain.money import Money
from pos_client.training.card_terminal import CardOperation, slip_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Карта: 4276380012341234", "Карта: ************1234"),
        ("Карта: 4276 3800 1234 1234.", "Карта: ************1234."),
        ("4276-3800-1234-1234", "************1234"),
        ("371449635398431", "***********8431"),
        ("3714 496353 98431", "***********8431"),
        (";4276380012341234=25122011234500000?", ";************1234=•"),
        ("6304000000000000", "************0000"),
        ("Ссылка 610000000001", "Ссылка 610000000001"),
        ("AID A0000000031010", "AID A0000000031010"),
        ("22.11.26 12:00:00 ЧЕК 0001", "22.11.26 12:00:00 ЧЕК 0001"),
        ("************1234", "************1234"),
    ],
)
def test_only_the_last_digits_of_a_card_stay(text: str, said: str) -> None:
    assert without_cards(text) == said


@given(st.integers(10**15, 10**16 - 1), st.text(alphabet=" \nКарта:()/", max_size=8))
def test_no_number_of_sixteen_digits_gets_through(number: int, around: str) -> None:
    assert str(number) not in "\n".join(slip_lines(f"{around}{number}{around}"))


@pytest.mark.parametrize("name", ["utf-8", "cp1251", "cp866"])
def test_a_slip_is_read_in_whatever_encoding_it_came(name: str) -> None:
    text = "ОДОБРЕНО\nКод авторизации: 123456\nСпасибо, приходите ещё"
    assert decoded(text.encode(name)) == text


def test_a_declared_encoding_is_believed() -> None:
    text = '<?xml version="1.0" encoding="koi8-r"?><field id="19">ОДОБРЕНО</field>'
    assert decoded(text.encode("koi8-r")) == text


def test_a_false_declaration_is_not() -> None:
    text = '<?xml version="1.0" encoding="UTF-8"?><field id="19">ОДОБРЕНО</field>'
    assert decoded(text.encode("cp1251")) == text


def test_the_facts_of_a_slip() -> None:
    at = datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)
    paid = CardOperation(7, at, "pay", 1_234_567, "012345", "610000000007", "", settled=False)
    found = facts(slip_lines(slip_of(paid)))
    assert (found.amount, found.code, found.reference, found.at, found.back) == (
        Money(1_234_567),
        "012345",
        "610000000007",
        at,
        False,
    )
    back = CardOperation(8, at, "refund", 100, "012346", "610000000008", "", settled=False)
    assert facts(slip_lines(slip_of(back))).back


@pytest.mark.parametrize("written", ["Сумма (Руб): 12 345.67", "Сумма: 12345,67", "СУММА\n   12345.67 RUB"])
def test_a_sum_is_read_as_terminals_write_it(written: str) -> None:
    assert facts(written.splitlines()).amount == Money(1_234_567)


def test_a_repeated_slip_has_the_mark_of_the_first() -> None:
    at = datetime(2026, 11, 22, 9, 30, 15, tzinfo=UTC)
    one = CardOperation(7, at, "pay", 100, "012345", "610000000007", "", settled=False)
    other = CardOperation(8, at + timedelta(seconds=1), "pay", 100, "012346", "610000000008", "", settled=False)
    marks = [facts(slip_lines(slip)).mark for slip in (slip_of(one), slip_of(one, again=True), slip_of(other))]
    assert marks[0] == marks[1] != marks[2]


@pytest.mark.parametrize("text", ["", "СВЕРКА ИТОГОВ\nИТОГИ СОВПАЛИ", "Код авторизации:\nСумма: нет", "99.99.99 99:99"])
def test_a_slip_without_facts_has_no_mark(text: str) -> None:
    assert facts(slip_lines(text)).mark == ""


def test_only_one_copy_is_printed_and_no_control_characters() -> None:
    text = "  \r\nПВЗ\x1b[1m\r\nОДОБРЕНО\r\n\r\n\x01\r\nПВЗ\r\nОДОБРЕНО"
    assert slip_lines(text) == ("ПВЗ[1m", "ОДОБРЕНО")


@pytest.mark.parametrize(
    ("text", "said"), [("************1234", "•••• 1234"), ("4276 38** **** 0007", "•••• 0007"), ("", "")]
)
def test_a_card_is_kept_by_its_last_four_digits(text: str, said: str) -> None:
    assert masked_card(text) == said
