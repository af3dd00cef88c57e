"""What the settings say of the card terminal and of the bank, and what the till makes of it."""

import dataclasses
from pathlib import Path

import pytest

from pos_client.adapters.inpas import InpasSettings, InpasTerminal
from pos_client.adapters.sber_upos import SberUpos, UposSettings
from pos_client.adapters.sbp_bank import BankSbp, SbpSettings
from pos_client.bundled import bundled
from pos_client.ports import Service
from pos_client.services import Services
from pos_client.settings import SbpSection, Settings, SettingsError, TerminalSection, load
from pos_client.training.shop import Shop

EXAMPLE = bundled("settings/example.toml").read_text(encoding="utf-8")


def values(kind: type[object]) -> dict[str, object]:
    return {
        field.name: field.default
        for field in dataclasses.fields(kind)  # type: ignore[arg-type] # a class of dataclass
        if field.default is not dataclasses.MISSING
    }


def test_settings_and_adapters_agree_on_names_and_defaults() -> None:
    terminal = TerminalSection().model_dump()
    assert {**values(UposSettings), **values(InpasSettings)}.items() <= terminal.items()
    assert set(terminal) == {
        *(field.name for field in dataclasses.fields(UposSettings)),
        *(field.name for field in dataclasses.fields(InpasSettings)),
        "kind",
        "address",
    }
    assert SbpSection().model_dump(exclude={"kind", "address", "client_id", "client_secret"}) == values(SbpSettings)


def test_the_defaults_open_the_bank_of_the_training_shop() -> None:
    shop = Shop()
    assert (SbpSection().client_id, SbpSection().client_secret) == (shop.names.bank_id, shop.names.bank_secret)
    shop.close()


@pytest.mark.parametrize(
    ("section", "kind", "line", "said"),
    [
        ("terminal", "sber_upos", "", "[terminal].folder"),
        ("terminal", "inpas", "", "[terminal].terminal_id"),
        ("sbp", "bank", "client_secret", "[sbp].client_secret"),
        ("sbp", "bank", "client_id", "[sbp].client_id"),
        ("sbp", "bank", "address", "[sbp].address"),
    ],
)
def test_what_a_kind_needs_is_asked_for_by_name(tmp_path: Path, section: str, kind: str, line: str, said: str) -> None:
    before, mark, after = EXAMPLE.partition(f"[{section}]")
    rest = after.replace('kind = "none"', f'kind = "{kind}"', 1)
    if line:
        start = rest.index(f"\n{line} =")
        rest = rest[:start] + rest[rest.index("\n", start + 1) :]
    file = tmp_path / "settings.toml"
    file.write_text(before + mark + rest, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{said}: не задано")


def test_the_banks_secret_is_not_shown() -> None:
    assert "training-bank-secret" not in repr(Settings())


async def test_a_till_without_a_terminal_has_none() -> None:
    async with Services(Settings()) as services:
        assert services.terminal is None
        assert services.sbp is None
        assert services.also == ()


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        (TerminalSection(kind="sber_upos", folder="sc552"), SberUpos),
        (TerminalSection(kind="inpas", terminal_id="1"), InpasTerminal),
    ],
)
async def test_a_terminal_is_what_the_settings_say(section: TerminalSection, kind: type[object]) -> None:
    async with Services(Settings(terminal=section, sbp=SbpSection(kind="bank"))) as services:
        assert isinstance(services.terminal, kind)
        assert isinstance(services.sbp, BankSbp)
        assert services.also == (Service.TERMINAL, Service.SBP)
