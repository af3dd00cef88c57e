import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.conditions.document import FROM_ABOVE, HERE_ONLY, applied, canonical, read
from pos_client.conditions.envelope import ConditionsError, NotSignedError, SigningKey, opened, sealed
from pos_client.domain.joining import ConsentText, Purpose
from pos_client.domain.receipt import ReceiptWords
from pos_client.settings import Settings
from tests.adapters.conditions_maker import KEY, OTHER_KEY, issue, table

TEXT = '{"serial":1}'


def consents(*purposes: str) -> dict[str, Any]:
    return {
        "consents": [
            {"purpose": one, "id": f"{one}-1", "version": "2026-09", "title": "Согласие", "text": "Я согласен."}
            for one in purposes
        ]
    }


def test_what_was_signed_comes_out_as_it_went_in() -> None:
    assert opened(sealed(TEXT, KEY), [KEY.public]) == TEXT


def test_during_rotation_either_key_signs() -> None:
    trusted = [KEY.public, OTHER_KEY.public]
    assert opened(sealed(TEXT, KEY), trusted) == opened(sealed(TEXT, OTHER_KEY), trusted) == TEXT


def test_two_keys_of_one_name_are_both_tried() -> None:
    twin = SigningKey(KEY.id, OTHER_KEY.private)
    assert opened(sealed(TEXT, twin), [KEY.public, twin.public]) == TEXT


def test_a_stranger_with_the_name_of_a_trusted_key_is_refused() -> None:
    with pytest.raises(NotSignedError, match="Подпись не сходится"):
        opened(sealed(TEXT, SigningKey(KEY.id, OTHER_KEY.private)), [KEY.public])


def test_a_key_that_nobody_trusts_is_named_without_what_steers_a_terminal() -> None:
    with pytest.raises(NotSignedError, match=r"ключом «a\?b»"):
        opened(sealed(TEXT, SigningKey("a\x1bb", KEY.private)), [KEY.public])


def test_a_till_without_keys_trusts_nobody() -> None:
    with pytest.raises(NotSignedError):
        opened(sealed(TEXT, KEY), [])


def test_a_signature_given_for_something_else_is_none_here() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - a rare guest

    envelope = json.loads(sealed(TEXT, KEY))
    bare = Ed25519PrivateKey.from_private_bytes(KEY.private).sign(TEXT.encode())
    envelope["signature"] = base64.b64encode(bare).decode()
    with pytest.raises(NotSignedError):
        opened(json.dumps(envelope).encode(), [KEY.public])


@given(st.data())
def test_no_byte_of_the_text_or_the_signature_can_change(data: st.DataObject) -> None:
    envelope = json.loads(issue())
    field = data.draw(st.sampled_from(["payload", "signature"]))
    at = data.draw(st.integers(0, len(envelope[field]) - 1))
    put = data.draw(st.characters(codec="utf-8").filter(lambda sign: sign != envelope[field][at]))
    envelope[field] = envelope[field][:at] + put + envelope[field][at + 1 :]
    try:
        text = opened(json.dumps(envelope).encode(), [KEY.public])
    except NotSignedError:
        return
    # The last sign of base64 has bits that mean nothing: another spelling of the same signature.
    assert field == "signature"
    assert text == envelope["payload"]


@given(st.binary(max_size=300) | st.builds(lambda cut: issue()[:cut], st.integers(0, 300)))
def test_whatever_comes_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(ConditionsError, match=r"[а-я]"):
        opened(content, [KEY.public])


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"{}",
        b'"text"',
        b'{"key": 1, "payload": "", "signature": ""}',
        b'{"key": "2026", "payload": "", "signature": "", "more": ""}',
        b'{"key": "2026", "payload": "\\ud800", "signature": ""}',
        b" " * 1_000_001,
    ],
)
def test_a_hostile_envelope_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(ConditionsError, match=r"[а-я]"):
        opened(content, [KEY.public])


def test_a_private_key_survives_its_file_and_damage_is_told() -> None:
    assert SigningKey.read(KEY.text + "\n") == KEY
    for damaged in ("", KEY.public, KEY.text[:-5]):
        with pytest.raises(ConditionsError):
            SigningKey.read(damaged)


# ------------------------------------------------------------------------------------------------------ contents


@pytest.mark.parametrize("section", FROM_ABOVE)
def test_every_key_of_a_section_is_either_given_from_above_or_kept_here(section: str) -> None:
    keys = set(getattr(Settings(), section).model_dump())
    assert FROM_ABOVE[section] | HERE_ONLY[section] == keys, "decide in conditions/document.py who may set the new key"
    assert not FROM_ABOVE[section] & HERE_ONLY[section]


def test_neither_an_address_nor_a_secret_nor_a_door_can_come_from_above() -> None:
    dangerous = {"address", "secret_key", "client_id", "client_secret", "endpoint", "password", "user", "secret_file"}
    assert not dangerous & frozenset().union(*FROM_ABOVE.values())


@pytest.mark.parametrize(("section", "keys"), HERE_ONLY.items())
def test_what_is_kept_here_is_refused_by_name(section: str, keys: frozenset[str]) -> None:
    for key in keys:
        with pytest.raises(ConditionsError, match=rf"\[{section}\]\.{key} задаётся только в настройках кассы"):
            read(canonical(table() | {section: {key: "http://elsewhere"}}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"processing": {"lokup": "A"}}, "[processing].lokup: такого ключа нет, есть lookup"),
        ({"proccessing": {}}, "[proccessing]: такого раздела нет, есть processing"),
        ({"cash_register": {"address": "http://x"}}, "[cash_register]: такого раздела нет"),
        ({"till": {"office": "X"}}, "[till]: такого раздела нет"),
        ({"serial": 0}, "[serial]: число должно быть не меньше 1"),
        ({"serial": "7"}, "[serial]: нужно целое число"),
        ({"project": None}, "[project]: не задано"),
        ({"issued": "2026-11-21T00:00:00"}, "[issued]: нужен часовой пояс"),
        ({"valid_till": "2020-01-01T00:00:00Z"}, "valid_till раньше valid_from"),
        ({"texts": consents("programme")}, "согласий ровно три"),
        ({"texts": consents("programme", "personal_data", "advertising", "programme")}, "согласий ровно три"),
        ({"texts": {"colour": 1}}, "[texts].colour: такого ключа нет"),
        ({"texts": {"receipt": {"promised": "Будут баллы"}}}, "[texts].receipt.promised: значение не того вида"),
        ({"texts": {"receipt": {"promised": "a\n{points}"}}}, "[texts].receipt.promised: значение не того вида"),
        ({"texts": {"receipt": {"closing": ["строка"] * 6}}}, "[texts].receipt.closing"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConditionsError) as caught:
        read(canonical(table(**changes)))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"processing": {"status_mode": "later"}}, "[processing].status_mode: допустимо только 'sync' или 'async'"),
        ({"processing": {"balance": ""}}, "[processing].balance: не задано"),
        ({"processing": {"most_points_percent": 200}}, "[processing].most_points_percent: число должно быть не больше"),
        ({"processing": {"most_points_percent": "40"}}, "[processing].most_points_percent: нужно целое число"),
        ({"counter": {"cdek_id_format": "("}}, "[counter].cdek_id_format: это не регулярное выражение"),
        ({"counter": {"confirm_spending": 1}}, "[counter].confirm_spending: нужно true или false"),
        ({"counter": {"card_format": "9{99999999999}"}}, "[counter].card_format: это не регулярное выражение"),
        ({"counter": {"card_format": "(" * 240 + "9" + ")" * 240 + "("}}, "это не регулярное выражение"),
        ({"counter": {"card_format": "9" * 501}}, "[counter].card_format: длиннее дозволенного"),
        ({"counter": {"coupon_format": ".*"}}, "[counter].coupon_format: под него подходит пустая строка"),
        ({"processing": {"preorder": "Offline.CreateAuthorizedOrder"}}, "create и preorder названы одинаково"),
        ({"processing": {"send_code": "Offline.RegisterCustomer"}}, "join и send_code названы одинаково"),
        ({"processing": {"paid": "Cancelled"}}, "paid и cancelled названы одинаково: «Cancelled»"),
        ({"processing": {"returned": "CheckedOut"}}, "checked_out и returned названы одинаково"),
    ],
)
def test_a_value_is_held_to_the_rules_of_the_settings(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConditionsError) as caught:
        applied(read(canonical(table(**changes))), Settings())
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "payload",
    [
        canonical(table()).replace("Balance1", "\\ud800"),
        canonical(table()).replace('"serial":1', '"serial":1,"extra":{"deep":' + "[" * 900 + "]" * 900 + "}"),
        '{"serial":' + "9" * 5000 + "}",
        "[" * 100_000,
        "null",
    ],
)
def test_a_signed_text_that_no_reader_bears_is_refused_with_a_sentence(payload: str) -> None:
    with pytest.raises(ConditionsError, match=r"^Условия: [а-яJ ]"):
        read(payload)


def test_a_returned_order_may_be_called_cancelled_and_what_a_project_lacks_is_no_name() -> None:
    names = {"returned": "Cancelled", "notice": "", "candidates": ""}
    assert applied(read(canonical(table(processing=names))), Settings()).processing.returned == "Cancelled"


def test_what_newer_programs_know_of_may_stand_under_extra() -> None:
    assert read(canonical(table(extra={"anything": [1, 2]}))).serial == 1


def test_conditions_fill_the_settings_and_leave_the_rest() -> None:
    conditions = read(canonical(table(processing={"lookup": "Other.Lookup"}, counter={"confirm_spending": True})))
    filled = applied(conditions, Settings())
    assert (filled.processing.lookup, filled.counter.confirm_spending) == ("Other.Lookup", True)
    assert filled.processing.preorder == Settings().processing.preorder
    assert filled.processing.secret_key == Settings().processing.secret_key


def test_the_consents_are_the_texts_that_the_counter_shows() -> None:
    found = read(canonical(table(texts=consents("programme", "personal_data", "advertising")))).consents()
    assert found[0] == ConsentText(Purpose.PROGRAMME, "programme-1", "2026-09", "Согласие", "Я согласен.")
    assert {one.purpose for one in found} == set(Purpose)


def test_the_words_of_receipts_are_the_tills_own_where_conditions_have_none() -> None:
    said = read(canonical(table(texts={"receipt": {"owed": "Баллы придут", "closing": ["Спасибо"]}}))).receipt_words()
    assert (said.owed, said.closing, said.promised) == ("Баллы придут", ("Спасибо",), ReceiptWords().promised)


def test_the_same_conditions_are_the_same_text_in_whatever_order_they_were_written() -> None:
    whole = table()
    assert canonical(whole) == canonical(dict(reversed(whole.items())))
