"""What the lamps say after the till's own key was refused and put right."""

from pathlib import Path

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
