"""The lights as the cashier sees them, and the harmless question to the service behind one: how are you?"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace

from pos_client.counter.health import Health
from pos_client.counter.state import Light, LightState
from pos_client.ports import PosError, Service

__all__ = ["LightDesk", "Probe"]

Probe = Callable[[], Awaitable[None]]

_ILL = frozenset({LightState.WEAK, LightState.DOWN})
_UNLIT = _ILL | {LightState.UNKNOWN}
_WORTH_ASKING: Mapping[Service, frozenset[LightState]] = {
    # A token tells little of what else the service has to do, so that one failed call is left to the next real one.
    Service.ORDERS: frozenset({LightState.DOWN, LightState.UNKNOWN}),
    Service.REGISTER: _ILL,
    Service.TERMINAL: _UNLIT,
    Service.SBP: _UNLIT,
}
"""In which states nobody waits for the next real call. Processing is probed by its breaker, and the OFD by nobody."""
_SLOWLY = {Service.TERMINAL: 6}
"""A test of the link takes the terminal for some seconds, and stands on its own screen."""


class LightDesk:
    """Asks without moving anything: at the start, when a light is not well, and at once when the cashier wishes.

    `probes` are the questions, each of which reports to `health` as every call does. `is_idle` says that nobody will
    pay in a moment, so that the terminal may be asked without a wish of the cashier; `is_free`, that it may with one.
    """

    def __init__(
        self,
        health: Health,
        probes: Mapping[Service, Probe],
        on_change: Callable[[], None],
        *,
        is_idle: Callable[[], bool],
        is_free: Callable[[], bool],
    ) -> None:
        self._health = health
        self._probes = probes
        self._changed = on_change
        self._is_idle = is_idle
        self._is_free = is_free
        self._asked: set[Service] = set()

    def shown(self) -> tuple[Light, ...]:
        """Every light of this till; those whose service is being asked say so."""
        return tuple(replace(light, asked=light.service in self._asked) for light in self._health.lights())

    async def ask(self, service: Service | None = None) -> None:
        """Ask one service, or all of them, how they are now. The OFD is known by what the register says of it."""
        wanted = (Service.REGISTER if service is Service.OFD else service,) if service else tuple(self._probes)
        free = [
            each
            for each in wanted
            if each in self._probes and each not in self._asked and (each is not Service.TERMINAL or self._is_free())
        ]
        await self._ask(free)

    async def run(self, *, every: float, within: float) -> None:
        """Until cancelled: ask those that are not well every so many seconds; processing may take `within` seconds."""
        async with asyncio.TaskGroup() as group:
            for service, probe in self._probes.items():
                if service is Service.PROCESSING:
                    group.create_task(self._answer(service))
                    group.create_task(self._health.probe(service, probe, every=every, within=within))
                elif service in _WORTH_ASKING:
                    group.create_task(self._follow(service, every * _SLOWLY.get(service, 1)))

    async def _follow(self, service: Service, every: float) -> None:
        while True:
            light = next((each.state for each in self._health.lights() if each.service is service), None)
            idle = service is not Service.TERMINAL or self._is_idle()
            if light in _WORTH_ASKING[service] and idle and service not in self._asked:
                await self._answer(service)
            await asyncio.sleep(every)

    async def _ask(self, services: Collection[Service]) -> None:
        if not services:
            return
        self._asked.update(services)
        self._changed()
        try:
            async with asyncio.TaskGroup() as group:
                for service in services:
                    group.create_task(self._answered(service))
        finally:
            self._asked.difference_update(services)
            self._changed()

    async def _answered(self, service: Service) -> None:
        await self._answer(service)
        self._asked.discard(service)
        self._changed()

    async def _answer(self, service: Service) -> None:
        # The call itself reports how it went, and its adapter knows how long it may take.
        with suppress(PosError):
            await self._probes[service]()
