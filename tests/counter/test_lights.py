"""What the lamps say after the till's own key was refused and put right."""

from pathlib import Path

from pos_client.adapters.troubles import unavailable
from pos_client.counter.health import Health
from pos_client.counter.state import LightState
from pos_client.ports import Service
from pos_client.training.faults import Fault
from tests.tills import ANNA, Time, open_till, shop_at


async def test_a_key_that_is_accepted_again_takes_its_alarm_away(tmp_path: Path) -> None:
    clock = Time()
    with shop_at(clock) as shop:
        async with open_till(shop, tmp_path, clock) as till:
            shop.faults.set(Fault("processing", "unauthorized-401"))
            seen: list[LightState] = []
            for _ in range(2):
                await till.desk.scanned(ANNA)
                seen += [light.state for light in till.desk.state.lights if light.service is Service.PROCESSING]
            assert seen == [LightState.ATTENTION, LightState.GOOD]


def test_a_lamp_of_a_terminal_promises_nothing_about_money_that_may_have_moved() -> None:
    health = Health(Time(), also=[Service.TERMINAL])
    for _ in range(2):
        health.called(Service.TERMINAL, works=False, error=unavailable(Service.TERMINAL, "no answer to a question"))
    (light,) = [one for one in health.lights() if one.service is Service.TERMINAL]
    assert light.state is LightState.DOWN
    assert light.trouble is not None
    assert (light.trouble.what, light.trouble.money) == ("Терминал: нет ответа.", "")
    assert "наличными" not in light.trouble.action
