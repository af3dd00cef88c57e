"""Lights of what not every till has: a card terminal, and transfers by QR codes."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from pos_client.counter.health import Health
from pos_client.counter.patience import LOYALTY_IS_DOWN
from pos_client.counter.state import LightState
from pos_client.domain.sale import Trouble
from pos_client.ports import Service
from pos_client.ui.entry import Entry
from pos_client.ui.strip_screen import light_note, strip
from tests.ui import counter_states as given
from tests.ui import refund_states as refunds

MOSCOW = ZoneInfo("Europe/Moscow")


def lamps(*also: Service, **states: LightState) -> list[str]:
    state = given.counter(lights=given.lights(*also, **states))
    return [given.plain(lamp.text) for lamp in strip(state, Entry(), MOSCOW).lamps]


def test_a_till_without_a_terminal_says_so() -> None:
    assert lamps()[4:] == ["Терминал · нет", "Чеки · нет"]


def test_a_terminal_and_transfers_have_their_lights_where_they_are_connected() -> None:
    assert lamps(Service.TERMINAL, Service.SBP)[4:] == ["Терминал", "СБП", "Чеки · нет"]
    assert lamps(Service.SBP)[4:] == ["СБП", "Терминал · нет", "Чеки · нет"]


def test_a_terminal_that_is_silent_says_for_how_long() -> None:
    assert lamps(Service.TERMINAL, terminal=LightState.DOWN)[4] == "Терминал · не отвечает 4 мин"


@pytest.mark.parametrize("service", [Service.TERMINAL, Service.SBP])
def test_a_silent_light_promises_no_other_way_to_pay_while_money_may_have_moved(service: Service) -> None:
    lights = given.lights(Service.TERMINAL, Service.SBP, **{service.value: LightState.WEAK})
    note = light_note(given.counter(lights=lights), service, MOSCOW)
    assert note is not None
    assert "скажет отдельно" in note.text
    assert "второй раз не берём" in note.text
    assert "подождите" in note.lines[0]
    assert "наличн" not in note.text + note.lines[0]


@pytest.mark.parametrize("story", [LOYALTY_IS_DOWN, Trouble(LOYALTY_IS_DOWN.what), None])
def test_a_silent_programme_promises_no_points_for_a_sale_while_an_order_goes_back(story: Trouble | None) -> None:
    lights = tuple(
        replace(light, state=LightState.DOWN, trouble=story) if light.service is Service.PROCESSING else light
        for light in given.lights()
    )
    sold = light_note(given.counter(lights=lights), Service.PROCESSING, MOSCOW)
    back = light_note(replace(refunds.on_page(), lights=lights), Service.PROCESSING, MOSCOW)
    assert sold is not None
    assert "начислятся сами" in sold.lines[0]
    assert back is not None
    for untrue in ("начислятся", "продажу", "продаём"):
        assert untrue not in f"{back.text} {back.lines[0]}"
    assert "Деньги возвращаем как обычно" in back.text
    assert "пересчитаются сами" in back.lines[0]


def test_only_what_this_till_has_is_shown() -> None:
    usual = [light.service for light in Health(lambda: given.NOW).lights()]
    assert usual == [Service.ORDERS, Service.PROCESSING, Service.REGISTER, Service.OFD]
    health = Health(lambda: given.NOW, also=[Service.TERMINAL])
    health.called(Service.SBP, works=True, error=None)
    assert [light.service for light in health.lights()] == [*usual, Service.TERMINAL]
