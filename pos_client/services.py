"""The services that a till calls: the adapters of the outside world, made from settings."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

from pos_client.adapters.cash_register import AtolRegister
from pos_client.adapters.cashless import cashless
from pos_client.adapters.members import MindboxMembers
from pos_client.adapters.orders import CdekOrders, OrdersSettings
from pos_client.adapters.processing import MindboxProcessing, ProcessingNames, authorization
from pos_client.adapters.receipt_json import AGENTS, TAXATIONS, RegisterSettings
from pos_client.adapters.transport import OnCall, Transport, Wire
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Agent
from pos_client.ports import Clock, Service
from pos_client.settings import Settings

__all__ = ["Services", "fiscal_rules", "real_time"]

_CHOICES = ("acceptance_settles", "on_credit", "utc_offset_hours")
_TERMS = ("taxation", "agent", "agent_operation", "agent_phone")


def real_time() -> datetime:
    """The machine's clock, aware UTC."""
    return datetime.now(UTC)


def fiscal_rules(settings: Settings) -> FiscalRules:
    """What accounting decides about receipts, as the settings have it."""
    section = settings.cash_register
    chosen = {name: getattr(section, name) for name in _CHOICES}
    agent = Agent(AGENTS[section.agent], section.agent_operation, section.agent_phone)
    return FiscalRules(**chosen, taxation=TAXATIONS[section.taxation], agent=agent)


class Services:
    """The services that a till calls, and the ways to them. An asynchronous context manager.

    `terminal` and `sbp` are None where the settings name none; `also` says which of the two there are.
    `wire` is the way to all of them, when it is not a socket but, in tests, the training shop itself. `notes` is the
    folder where a card terminal's last operation is noted; None where no money will move.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = real_time,
        on_call: OnCall | None = None,
        wire: Wire | None = None,
        notes: Path | None = None,
    ) -> None:
        to = partial(Transport, on_call=on_call, inner=wire)
        section, rules = settings.cash_register, fiscal_rules(settings)
        orders = to(Service.ORDERS, settings.orders.address)
        processing = to(
            Service.PROCESSING,
            settings.processing.address,
            headers=authorization(settings.processing.secret_key),
        )
        register = to(
            Service.REGISTER, section.address, basic_auth=(section.user, section.password) if section.user else None
        )
        found = cashless(vars(settings.terminal), vars(settings.sbp), to=to, now=clock, on_call=on_call, notes=notes)
        self.terminal, self.sbp = found.terminal, found.sbp
        taken = ((Service.TERMINAL, self.terminal), (Service.SBP, self.sbp))
        self.also = tuple(service for service, way in taken if way is not None)
        self._transports = (orders, processing, register, *found.transports)
        self.orders = CdekOrders(orders, OrdersSettings(**_fields(settings.orders, "address")))
        self.names = ProcessingNames(**_fields(settings.processing, "address", "secret_key"))
        self.processing = MindboxProcessing(processing, self.names, office=settings.till.office, now=clock)
        self.members = MindboxMembers(processing, self.names, office=settings.till.office, now=clock)
        self.register = AtolRegister(
            register,
            RegisterSettings(
                **_fields(section, "address", "user", "password", "payment_address", *_CHOICES, *_TERMS),
                address=section.payment_address,
                taxation=rules.taxation,
                agent=rules.agent,
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        for transport in self._transports:
            await transport.close()


def _fields(section: object, *but: str) -> dict[str, Any]:
    """A settings section as arguments of the adapter's own settings."""
    return {name: value for name, value in vars(section).items() if name not in but}
