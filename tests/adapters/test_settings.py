import dataclasses
import tomllib
from pathlib import Path

import pytest

from pos_client.adapters.cash_register import RegisterSettings
from pos_client.adapters.orders import OrdersSettings
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.bundled import bundled
from pos_client.domain.settling import FiscalRules
from pos_client.places import data_folder
from pos_client.services import fiscal_rules
from pos_client.settings import (
    REQUIRED,
    OrdersSection,
    ProcessingSection,
    RegisterSection,
    Settings,
    SettingsError,
    load,
)
from pos_client.training.shop import Shop

EXAMPLE = bundled("settings/example.toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def complaint(file: Path, text: str) -> str:
    """What is said about settings of this text, which has to be one sentence on one line."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    said = str(caught.value)
    assert "\n" not in said
    assert str(file) in said or "secret_file" in said
    return said


def edited(old: str, new: str) -> str:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new)


def test_the_example_is_the_training_shops_till() -> None:
    assert load(EXAMPLE) == Settings()


def test_the_example_explains_every_key() -> None:
    table = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert {name: set(section) for name, section in table.items()} == {
        name: set(getattr(Settings(), name).model_dump()) for name in Settings.model_fields
    }


def test_the_defaults_open_the_training_shop() -> None:
    shop, settings = Shop(), Settings()
    assert (settings.till.office, settings.till.number) == (shop.names.office, shop.names.till)
    assert settings.processing.endpoint == shop.names.endpoint
    assert settings.processing.secret_key == shop.names.secret_key
    assert (settings.orders.client_id, settings.orders.client_secret) == (
        shop.names.client_id,
        shop.names.client_secret,
    )
    shop.close()


def values(kind: type[object]) -> dict[str, object]:
    return {
        field.name: field.default
        for field in dataclasses.fields(kind)  # type: ignore[arg-type] # a class of dataclass
        if field.default is not dataclasses.MISSING
    }


def test_settings_and_adapters_agree_on_names_and_defaults() -> None:
    processing = ProcessingSection().model_dump(exclude={"address", "secret_key"})
    assert processing == values(ProcessingNames)
    orders = OrdersSection().model_dump(exclude={"address", "client_id", "client_secret"})
    assert orders == values(OrdersSettings)
    assert fiscal_rules(Settings()) == FiscalRules()
    # The terms are words in the settings and values everywhere else.
    terms = {"taxation", "agent", "agent_operation", "agent_phone"}
    rules = {name: value for name, value in values(FiscalRules).items() if name not in terms}
    assert RegisterSection().model_dump(include=set(rules)) == rules
    register = RegisterSection().model_dump(exclude={"address", "user", "password", "payment_address", *rules, *terms})
    assert register == {
        name: value for name, value in values(RegisterSettings).items() if name not in {"address", *terms}
    }


@pytest.mark.parametrize(("section", "key"), REQUIRED)
def test_a_key_that_a_real_till_needs_is_asked_for_by_name(file: Path, section: str, key: str) -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    start = lines.index(next(line for line in lines if line.startswith(f"[{section}]")))
    at = next(number for number in range(start, len(lines)) if lines[number].startswith(f"{key} "))
    missing = "\n".join([*lines[:at], *lines[at + 1 :]])
    assert complaint(file, missing).startswith(f"[{section}].{key}: не задано")
    empty = "\n".join([*lines[:at], f'{key} = ""', *lines[at + 1 :]])
    assert complaint(file, empty).startswith(f"[{section}].{key}: не задано")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("secret_key =", "secretkey = 1 #", "[processing].secretkey: такого ключа нет, есть secret_key"),
        ("lookup =", "lokup =", "[processing].lokup: такого ключа нет, есть lookup"),
        ("[look]", "[lok]", "[lok]: такого раздела нет, есть look"),
        ("slow = 0.7", 'slow = "быстро"', "[counter].slow: нужно число без кавычек"),
        ("slow = 0.7", "slow = -1", "[counter].slow: число должно быть больше 0"),
        ("slow = 0.7", "slow = 1000", "[counter].slow: число должно быть не больше 600"),
        ('number = "1"', "number = 1", "[till].number: нужна строка в кавычках"),
        ("suffix_needed = false", "suffix_needed = 0", "[scanner].suffix_needed: нужно true или false"),
        ("most = 0 ", "most = -1 ", "[queue].most: число должно быть не меньше 0"),
        ("most = 0 ", "most = 1.5 ", "[queue].most: нужно целое число без кавычек"),
        ("warn_at = 0.8", "warn_at = 80", "[queue].warn_at: число должно быть не больше 1"),
        ("[queue]", "[queu]", "[queu]: такого раздела нет, есть queue"),
        ('theme = "light"', 'theme = "pink"', "[look].theme: допустимо только 'light', 'dark' или 'system'"),
        (r"'\d{10,11}'", "'('", "[orders].number_format: это не регулярное выражение"),
        ('cashier_inn = ""', 'cashier_inn = "12"', "[till].cashier_inn: значение не того вида"),
        ('"http://127.0.0.1:8765"\nclient_id', '"shop"\nclient_id', "[orders].address: значение не того вида"),
        ("[till]", "[till", "Файл настроек"),
        ('sender_email = ""', 'sender_email = "не почта"', "[cash_register].sender_email: значение не того вида"),
        (
            'sender_email = ""',
            f'sender_email = "{"a" * 60}@b.ru"',
            "[cash_register].sender_email: длиннее дозволенного",
        ),
        ('place = ""', f'place = "{"Я" * 257}"', "[cash_register].place: длиннее дозволенного, знаков помещается 256"),
        ('payment_address = ""', f'payment_address = "{"Я" * 257}"', "[cash_register].payment_address: длиннее"),
        ('cashier = "Иванова М."', f'cashier = "{"Я" * 65}"', "[till].cashier: длиннее дозволенного"),
        ('cashier = "Иванова М."', 'cashier = "  "', "[till].cashier: значение не того вида"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_the_key(file: Path, old: str, new: str, said: str) -> None:
    assert complaint(file, edited(old, new)).startswith(said)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('sender_email = ""', 'sender_email = "cheki@pvz.example.ru"'),
        ('place = ""', f'place = "{"Я" * 256}"'),
        ('cashier = "Иванова М."', f'cashier = "{"Я" * 64}"'),
    ],
)
def test_a_requisite_that_stands_in_its_tag_is_taken(file: Path, old: str, new: str) -> None:
    file.write_text(edited(old, new), encoding="utf-8")
    assert load(file).look.theme == "light"


def test_a_whole_number_will_do_for_seconds(file: Path) -> None:
    file.write_text(edited("budget = 2.0", "budget = 3"), encoding="utf-8")
    assert load(file).counter.budget == 3.0


def test_a_section_written_as_a_value_is_explained(file: Path) -> None:
    assert complaint(file, "look = 5\n" + edited("[look]", "").split("theme =")[0]).startswith("[look]: это раздел")


def test_a_missing_file_says_where_it_was_looked_for(file: Path) -> None:
    with pytest.raises(SettingsError, match="Нет файла настроек") as caught:
        load(file)
    assert str(file) in str(caught.value)


def test_a_file_in_another_encoding_is_told(file: Path) -> None:
    file.write_bytes("[till]\noffice = 'Москва'".encode("cp1251"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load(file)


def test_a_secret_may_lie_in_a_file_of_its_own(file: Path) -> None:
    (file.parent / "key.txt").write_text("top-secret\n", encoding="utf-8")
    file.write_text(edited('secret_key = "training-secret-key"', 'secret_file = "key.txt"'), encoding="utf-8")
    assert load(file).processing.secret_key == "top-secret"  # noqa: S105 - written by this test


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ('secret_file = "no.txt"', "[processing].secret_file: файл no.txt не читается"),
        ('secret_file = "empty.txt"', "[processing].secret_file: файл empty.txt пуст"),
        ("secret_file = 5", "[processing].secret_file: нужно имя файла"),
        ('secret_key = "a"\nsecret_file = "no.txt"', "[processing].secret_file: задано вместе с secret_key"),
    ],
)
def test_a_secret_file_that_does_not_serve_is_told(file: Path, new: str, said: str) -> None:
    (file.parent / "empty.txt").write_text(" \n", encoding="utf-8")
    assert complaint(file, edited('secret_key = "training-secret-key"', new)).startswith(said)


def test_secrets_are_not_shown_with_the_settings() -> None:
    settings = Settings()
    assert "training-secret-key" not in repr(settings)
    assert "training-client-secret" not in repr(settings)


def test_the_data_folder_may_be_named(tmp_path: Path) -> None:
    text = edited('data_folder = ""', f"data_folder = '{tmp_path}'")
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    assert data_folder(load(file).till.data_folder) == tmp_path
    assert data_folder(Settings().till.data_folder).name == "pos-client"
