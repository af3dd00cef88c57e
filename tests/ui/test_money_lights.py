"""Lights of what not every till has: a card terminal, and transfers by QR codes."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from pos_client.counter.health import Health
from pos_client.counter.patience import LOYALTY_IS_DOWN
from pos_client.counter.state import LightState
from pos_client.domain.sale import Trouble
from pos_client.ports import Service
from pos_client.ui.commands import AskServices
from pos_client.ui.entry import Ask, Entry, Mode
from pos_client.ui.gestures import open_light
from pos_client.ui.parts_screen import Tone
from pos_client.ui.strip_screen import light_note, strip
from tests.ui import counter_states as given
from tests.ui import refund_states as refunds
from tests.ui.test_presenter_gestures import hands

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


@pytest.mark.parametrize("service", [Service.TERMINAL, Service.SBP])
def test_what_became_of_money_is_promised_to_be_told_once_in_a_note(service: Service) -> None:
    health = Health(lambda: given.NOW, also=[Service.TERMINAL, Service.SBP])
    health.spent_budget(service, Trouble("Нет ответа.", money="Деньги у клиента.", action="Примите наличными."))
    note = light_note(given.counter(lights=health.lights()), service, MOSCOW)
    assert note is not None
    assert note.text.count("скажет отдельно") == 1
    assert "Проверьте" in note.text


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


def test_one_key_asks_every_service_and_says_where_the_answer_will_be() -> None:
    for entry in (Entry(), Entry(queue_open=True), Entry(shift_open=True)):
        after, commands = hands(given.counter(), Ask.LOOK, entry=entry)
        assert commands == [AskServices()]
        assert after == replace(entry, note="Спрашиваем все службы: ответ покажут лампы.")


def test_asking_the_services_leaves_what_is_being_typed() -> None:
    typing = Entry(mode=Mode.CASH, text="3000")
    assert hands(given.counter(sale=given.a_sale()), Ask.LOOK, entry=typing) == (typing, [AskServices()])


@pytest.mark.parametrize("service", list(Service))
def test_a_light_that_is_pointed_at_opens_its_story_and_is_asked(service: Service) -> None:
    step = open_light(Entry(), service)
    assert (step.entry.light, step.command) == (service, AskServices(service))
    again = open_light(step.entry, service)
    assert (again.entry.light, again.command) == (None, None)


def test_a_light_that_is_being_asked_says_so_and_keeps_its_colour() -> None:
    lights = tuple(replace(each, asked=True) for each in given.lights(register=LightState.DOWN))
    shown = strip(given.counter(lights=lights), Entry(), MOSCOW).lamps
    assert [lamp.text for lamp in shown[:4]] == ["Заказы…", "Баллы…", "ККТ…", "ОФД…"]
    assert shown[2].tone is Tone.WARNING
    assert "спрашиваем" in shown[2].story


def test_the_story_of_a_silent_service_tells_how_to_ask_it_now() -> None:
    note = light_note(given.counter(lights=given.lights(register=LightState.DOWN)), Service.REGISTER, MOSCOW)
    assert note is not None
    assert note.text.endswith("Спросить сейчас — Shift+F12.")
