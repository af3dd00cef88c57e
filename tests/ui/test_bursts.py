"""Telling a scanner from a person, without Qt and without a clock."""

from collections.abc import Iterable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.ui.bursts import Bursts, Outcome, Rejected, Rejection, Role, Scan, ScannerShape, Stroke, Typing

CODES = (
    "1106153417",
    "10612345678",
    "CDEK-4830-2217-0095",
    "4006381333931",
    "t=20261121T1402&s=4990.00&fn=9960440300000001&i=39090&fp=2345678901&n=1",
    "https://id.cdek.ru/c/7Hq2-Zx9_aB?x=1%202",
    "\\|{}[]<>~`!@#$%^&*()_+=;:'\",./?-",
    "MSK548/118 Aa",
    "0000000000",
    "abcd",
)
SUFFIXES: tuple[str, ...] = ("\r", "\t", "")


def sign(at_ms: float, text: str, role: Role = Role.SIGN) -> Stroke[str]:
    return Stroke(at_ms, role, text, sign=text if role is Role.SIGN else None, typed=text)


def strokes(text: str, pace_ms: float, start_ms: float = 0.0) -> list[Stroke[str]]:
    """Enter is CR and Tab is HT; a control character stands for a command key."""
    roles = {"\r": Role.SUFFIX, "\t": Role.SUFFIX, "\b": Role.EDITING}
    return [
        sign(start_ms + at * pace_ms, char, roles.get(char, Role.SIGN if char.isprintable() else Role.COMMAND))
        for at, char in enumerate(text)
    ]


def settled(fed: Iterable[Stroke[str]], shape: ScannerShape | None = None) -> list[Outcome[str]]:
    """Everything that comes of the strokes once silence has fallen for good."""
    bursts: Bursts[str] = Bursts(shape or ScannerShape())
    outcomes: list[Outcome[str]] = []
    for stroke in fed:
        outcomes += bursts.press(stroke)
    while (deadline := bursts.deadline) is not None:
        outcomes += bursts.expire(deadline + 0.001)
    assert bursts.held == ()
    return outcomes


def typed(outcomes: Iterable[Outcome[str]]) -> str:
    return "".join(each.payload for outcome in outcomes if isinstance(outcome, Typing) for each in outcome.strokes)


CORPUS = [
    (code, suffix, pace_ms)
    for code, suffix, pace_ms in product(CODES, SUFFIXES, (1, 8, 20, 40))
    if suffix or len(code) >= ScannerShape().shortest_bare
]


@pytest.mark.parametrize(("code", "suffix", "pace_ms"), CORPUS)
def test_every_code_is_one_scan_and_nothing_is_typed(code: str, suffix: str, pace_ms: float) -> None:
    assert settled(strokes(code + suffix, pace_ms)) == [Scan(code)]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=6, max_size=300), st.floats(0, 44))
def test_any_printable_burst_is_one_scan(code: str, pace_ms: float) -> None:
    if code.startswith("]"):
        code = "x" + code
    assert settled(strokes(code + "\r", pace_ms)) == [Scan(code)]


@given(st.lists(st.tuples(st.sampled_from("0123456789фыва ,\b"), st.floats(50, 400)), max_size=60))
def test_a_person_gets_every_key_back_in_order(keys: list[tuple[str, float]]) -> None:
    at_ms, fed = 0.0, []
    for char, pause_ms in keys:
        at_ms += pause_ms
        fed += strokes(char, 0, at_ms)
    outcomes = settled(fed)
    assert typed(outcomes) == "".join(char for char, _ in keys)
    assert all(isinstance(outcome, Typing) for outcome in outcomes)


@given(st.lists(st.tuples(st.sampled_from("01aф\r\t\x1b\x05"), st.integers(50, 400)), max_size=40))
def test_a_persons_command_keys_come_back_too_and_none_is_held_longer_than_the_gap(
    keys: list[tuple[str, int]],
) -> None:
    bursts: Bursts[str] = Bursts()
    at_ms, given_back = 0.0, ""
    for char, pause_ms in keys:
        at_ms += pause_ms
        deadline = bursts.deadline
        assert deadline is None or deadline <= at_ms - pause_ms + 45
        given_back += typed(bursts.expire(at_ms))
        given_back += typed(bursts.press(*strokes(char, 0, at_ms)))
    given_back += typed(bursts.expire(at_ms + 46))
    assert given_back == "".join(char for char, _ in keys)


@given(st.text(st.sampled_from("0aZ ]\r\t\b\x1b\x05\x1d"), min_size=2, max_size=700), st.floats(0, 44))
def test_whatever_a_machine_sends_no_command_and_no_suffix_gets_through(data: str, pace_ms: float) -> None:
    assert not set(typed(settled(strokes(data, pace_ms)))) & set("\r\t\x1b\x05\x1d")


@given(st.text(st.sampled_from("0aZ\r\t\x1b\x05"), min_size=4, max_size=700), st.floats(0, 44))
def test_a_machine_leaks_nothing_but_a_first_sign_or_a_run_too_short_to_know(data: str, pace_ms: float) -> None:
    assert len(typed(settled(strokes(data, pace_ms)))) <= 5


def test_ten_kilobytes_are_one_rejected_scan_and_bounded_memory() -> None:
    bursts: Bursts[str] = Bursts()
    outcomes: list[Outcome[str]] = []
    for stroke in strokes("A" * 10_240 + "\r", 3):
        outcomes += bursts.press(stroke)
        assert len(bursts.held) <= 512
    outcomes += bursts.expire(1e9)
    assert outcomes == [Rejected(Rejection.TOO_LONG, 10_241)]


def test_a_code_with_commands_inside_is_rejected_whole() -> None:
    assert settled(strokes("1234\x1b5678\r", 5)) == [Rejected(Rejection.CONTROL_KEYS, 9)]


def test_a_code_that_begins_with_enter_presses_nothing() -> None:
    assert typed(settled(strokes("\r1106153417\r", 5))) == ""


def test_only_the_first_code_of_a_transmission_counts() -> None:
    assert settled(strokes("1106153417\r1106153418\r", 5)) == [
        Scan("1106153417"),
        Rejected(Rejection.MORE_AFTER_SUFFIX, 11),
    ]


def test_carriage_return_and_line_feed_are_one_suffix() -> None:
    assert settled(strokes("1106153417\r\r", 5)) == [Scan("1106153417")]


def test_a_short_code_with_a_suffix_is_rejected_and_not_typed() -> None:
    assert settled(strokes("12\r", 5)) == [Rejected(Rejection.TOO_SHORT, 2)]


def test_the_last_digit_of_a_hasty_person_is_kept_and_the_enter_on_its_heels_is_not() -> None:
    assert typed(settled(strokes("5\r", 30))) == "5"


def test_a_stall_in_a_known_burst_does_not_split_it() -> None:
    late = strokes("11061", 5) + strokes("53417\r", 5, start_ms=140)
    assert settled(late) == [Scan("1106153417")]


def test_a_suffix_that_comes_late_is_eaten() -> None:
    assert settled([*strokes("1106153417", 5), sign(45 + 250, "\r", Role.SUFFIX)]) == [Scan("1106153417")]


def test_enter_half_a_second_after_a_scan_is_the_persons_own() -> None:
    outcomes = settled([*strokes("1106153417\r", 5), sign(550, "\r", Role.SUFFIX)])
    assert outcomes[0] == Scan("1106153417")
    assert typed(outcomes) == "\r"


def test_two_scans_a_second_apart_are_two() -> None:
    fed = strokes("1106153417\r", 5) + strokes("1106153418\r", 5, start_ms=1_000)
    assert settled(fed) == [Scan("1106153417"), Scan("1106153418")]


def test_typing_before_a_scan_stays_typing() -> None:
    outcomes = settled(strokes("25", 100) + strokes("1106153417\r", 5, start_ms=300))
    assert typed(outcomes) == "25"
    assert outcomes[-1] == Scan("1106153417")


@pytest.mark.parametrize(
    ("sent", "text", "symbology"), [("]E04006381333931", "4006381333931", "E0"), ("]Q1abc-1", "abc-1", "Q1")]
)
def test_the_aim_identifier_is_taken_off(sent: str, text: str, symbology: str) -> None:
    assert settled(strokes(sent + "\r", 5)) == [Scan(text, symbology)]


def test_the_prefix_is_taken_off_when_it_is_there() -> None:
    shape = ScannerShape(prefix="~")
    assert settled(strokes("~1106153417\r", 5), shape) == [Scan("1106153417")]
    assert settled(strokes("1106153417\r", 5), shape) == [Scan("1106153417")]


def test_a_suffix_may_be_demanded() -> None:
    shape = ScannerShape(suffix_needed=True)
    assert settled(strokes("1106153417", 5), shape) == [Rejected(Rejection.TOO_SHORT, 10)]


def test_shift_between_the_signs_of_a_slow_scanner_keeps_the_burst_together() -> None:
    bursts: Bursts[str] = Bursts()
    outcomes: list[Outcome[str]] = []
    for at, char in enumerate("ABCDEF"):
        bursts.touch(at * 60 - 30)
        outcomes += bursts.press(sign(at * 60, char))
    outcomes += bursts.press(sign(400, "\r", Role.SUFFIX))
    assert outcomes == [Scan("ABCDEF")]


@pytest.mark.parametrize("shown", ["СВул1ю", "свУЛ1ю"], ids=["plain", "caps lock"])
def test_letters_are_read_from_the_russian_layout_when_positions_are_unknown(shown: str) -> None:
    shifted = (True, True, False, False, False, False)
    fed = [
        Stroke(at * 5.0, Role.SIGN, char, sign=None, typed=char, shift=shift)
        for at, (char, shift) in enumerate(zip(shown, shifted, strict=True))
    ]
    assert settled([*fed, sign(30, "\r", Role.SUFFIX)]) == [Scan("CDek1.")]
