"""Numbers and words as the other side writes them, senseless ones included."""

import time

import pytest

from pos_client.adapters.tolerant import moment, money, parsed, points, text
from pos_client.adapters.troubles import masked, refused
from pos_client.domain.money import Money, Points
from pos_client.ports import Service


@pytest.mark.parametrize(
    "written", ["1e400", "-1e400", "1e999999999", "9" * 30, "NaN", "Infinity", True, None, [], "", "1_000"]
)
def test_a_number_that_is_no_sum_is_no_sum_and_no_crash(written: object) -> None:
    assert money(written) is None
    assert points(written) is None


@pytest.mark.parametrize("written", ["4990.00", "4990,00", 4990, 4990.0, " 4990 "])
def test_a_sum_is_read_however_it_is_written(written: object) -> None:
    assert money(written) == Money(499000)
    assert points(written) == Points(4990)


@pytest.mark.parametrize(
    ("written", "read"), [("12,50", "12.50"), (" 7 ", "7"), (3, "3"), (0.1, "0.1"), ("1e-999999999", "0"), (-2, "-2")]
)
def test_a_number_is_read_as_it_is_written(written: object, read: str) -> None:
    assert money(written) == Money.from_roubles(read)


def test_text_comes_without_what_no_screen_or_disk_takes() -> None:
    assert text(" а\u0000б\ud83d\u202eв\nг\u00a0д ") == "абв г д"


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-01", 7, None])
def test_a_moment_off_the_calendar_is_none(edge: object) -> None:
    assert moment(edge) is None


def test_json_too_deep_to_be_meant_is_no_json() -> None:
    with pytest.raises(ValueError, match="deep"):
        parsed(b"[" * 100_000)


def test_words_in_another_language_still_come_in_a_russian_sentence() -> None:
    what = refused(Service.PROCESSING, "Splitting of lines").trouble.what
    assert what == "Процессинг баллов: отказ. Splitting of lines"


@pytest.mark.parametrize("phone", ["+375 29 111-22-33", "+998901112233", "+374 (99) 123433", "+7 (916) 111-22-33"])
def test_no_phone_of_any_country_stays_whole_in_somebody_s_words(phone: str) -> None:
    said = masked(f"Потребитель {phone} не найден, заказ 1106153417")
    assert said.endswith("33 не найден, заказ 1106153417")
    assert sum(sign.isdigit() for sign in said) <= 6 + len("1106153417")


def test_words_of_a_megabyte_are_masked_at_once() -> None:
    began = time.monotonic()
    assert len(masked("a" * 1_000_000)) == 300
    assert time.monotonic() - began < 1
