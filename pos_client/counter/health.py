"""How every outside service is doing, by the real calls made to it, and when to leave one alone.

The system is never asked whether it is "online": only calls tell. A service that spent its whole budget once, or failed
twice running, is left alone until a probe or anybody's success gets through, so that the next customer does not wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace

from pos_client.counter.state import Light, LightState
from pos_client.domain.sale import Trouble
from pos_client.ports import Clock, PosError, RefusedError, Service

__all__ = ["Health"]

_FAILURES_TO_OPEN = 2
_EVERY_TILL_HAS = (Service.ORDERS, Service.PROCESSING, Service.REGISTER, Service.OFD)

_LOOK_AT = {
    Service.REGISTER: "Проверьте питание и кабель ККТ. Что с начатой продажей или возвратом, касса скажет отдельно.",
    Service.TERMINAL: "Проверьте питание и кабель терминала.",
    Service.SBP: "Проверьте сеть.",
}
"""What to do about a device or a bank that holds money, whatever it was asked when it fell silent."""
_HOLDS_MONEY = frozenset(_LOOK_AT)


@dataclass(frozen=True, slots=True)
class _Record:
    light: Light
    failures: int = 0
    open: bool = False
    denied: bool = False


class Health:
    """Lights and breakers.

    `on_change` is called whenever a light changes, `on_recovered` when a service answers that did not, or for the first
    time: whatever waits for it may go at once. `also` names services that this till has and others do not: a light for
    what nobody connected would only worry.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        also: Collection[Service] = (),
        on_change: Callable[[], None] = lambda: None,
        on_recovered: Callable[[Service], None] = lambda _service: None,
    ) -> None:
        self._clock = clock
        self._shown = frozenset({*_EVERY_TILL_HAS, *also})
        self._records = {service: _Record(Light(service, LightState.UNKNOWN)) for service in Service}
        self._opened = asyncio.Event()
        self.on_change = on_change
        self.on_recovered = on_recovered

    def lights(self) -> tuple[Light, ...]:
        """The light of every service that this till has, in the order of the strip."""
        return tuple(record.light for service, record in self._records.items() if service in self._shown)

    def is_open(self, service: Service) -> bool:
        """Whether the service is to be left alone."""
        return self._records[service].open

    def called(self, service: Service, *, works: bool, error: PosError | None) -> None:
        """A real call ended, whoever made it. A refusal is an answer: the service is there.

        A refusal of the till itself (its key, its sign-in) is one too, but `works` is False: a person has to act.
        """
        if works or error is None:
            self._good(service)
        elif isinstance(error, RefusedError):
            record = self._records[service]
            light = self._light(service, LightState.ATTENTION, error.trouble)
            self._set(service, replace(record, light=light, denied=True))
        else:
            self._bad(service, error.trouble, at_once=False)

    def spent_budget(self, service: Service, trouble: Trouble) -> None:
        """A call took all the time that the counter gives it: the next customer shall not wait."""
        self._bad(service, trouble, at_once=True)

    def wants_attention(self, service: Service, trouble: Trouble | None) -> None:
        """The service answers and says that a person has to do something; None takes it back."""
        record = self._records[service]
        if trouble is not None:
            self._set(service, replace(record, light=self._light(service, LightState.ATTENTION, trouble)))
        elif record.light.state in {LightState.ATTENTION, LightState.UNKNOWN}:
            self._set(service, replace(record, light=self._light(service, LightState.GOOD, None)))

    async def probe(
        self, service: Service, call: Callable[[], Awaitable[None]], *, every: float, within: float
    ) -> None:
        """Until cancelled: while the breaker of `service` is open, try `call` every so many seconds."""
        while True:
            if not self.is_open(service):
                self._opened.clear()
                await self._opened.wait()
            await asyncio.sleep(every)
            if not self.is_open(service):
                continue
            # The call itself reports how it went, as every call does.
            with suppress(PosError, TimeoutError):
                async with asyncio.timeout(within):
                    await call()

    def _good(self, service: Service) -> None:
        record = self._records[service]
        # That a device answers does not bring its paper back: attention is taken back by whoever asked for it. Only a
        # door that was closed to this till is open again once it lets a call through.
        kept = record.light.state is LightState.ATTENTION and not record.denied
        light = record.light if kept else self._light(service, LightState.GOOD, None)
        self._set(service, _Record(replace(light, last_good=self._clock())))
        if not kept and record.light.state is not LightState.GOOD:
            self.on_recovered(service)

    def _bad(self, service: Service, trouble: Trouble, *, at_once: bool) -> None:
        record = self._records[service]
        failures = record.failures + 1
        is_open = record.open or at_once or failures >= _FAILURES_TO_OPEN
        state = LightState.DOWN if is_open else LightState.WEAK
        self._set(service, _Record(self._light(service, state, trouble), failures, is_open))
        if is_open:
            self._opened.set()

    def _light(self, service: Service, state: LightState, trouble: Trouble | None) -> Light:
        before = self._records[service].light
        bad = {LightState.WEAK, LightState.DOWN}
        same = before.state is state or {before.state, state} <= bad
        since = before.since if same else self._clock()
        if trouble is not None and service in _HOLDS_MONEY and state in bad:
            # What failed may have been a question about money that moved: a lamp knows nothing of it.
            trouble = replace(trouble, money="", action=_LOOK_AT[service], say="")
        return Light(service, state, since, before.last_good, trouble)

    def _set(self, service: Service, record: _Record) -> None:
        changed = record.light.state is not self._records[service].light.state
        self._records[service] = record
        if changed:
            self.on_change()
