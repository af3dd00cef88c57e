"""Giving an order's money back: who may, told by the order service, and what this till began, kept on its own disk."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from pos_client.domain.paid_order import PaidOrder, Returned
from pos_client.domain.refund import Refund
from pos_client.domain.sale import Trouble
from pos_client.ports.failures import RefusedError

__all__ = ["AlreadyReturnedError", "PaymentsChangedError", "RefundBook", "Refunds"]


class AlreadyReturnedError(RefusedError):
    """Somebody else holds the order: it was refunded, or is being refunded."""

    def __init__(self, returned: Returned) -> None:
        super().__init__(_finished(returned) if returned.is_done else _begun(returned))
        self.returned = returned


class PaymentsChangedError(RefusedError):
    """What was to be given back is not what was paid: somebody paid meanwhile. Nothing was claimed."""


def _finished(returned: Returned) -> Trouble:
    return Trouble(
        f"Уже возвращено {_when(returned.at or returned.claimed_at)}, {_where(returned)}, чек № {returned.document}.",
        money=f"Клиенту вернули {returned.amount}. Второй раз возвращать нельзя.",
        action="Если клиент денег не получил, позвоните в поддержку и назовите этот чек.",
        say="Этот заказ уже возвращён, вот когда и на какую сумму.",
    )


def _begun(returned: Returned) -> Trouble:
    return Trouble(
        f"Возврат уже начат {_when(returned.claimed_at)}, {_where(returned)}; чека возврата ещё нет.",
        money="Здесь ничего не произошло: этот заказ возвращают там.",
        action="Уточните на той кассе. Если там от возврата откажутся, заказ можно будет вернуть здесь.",
        say="Возврат по этому заказу уже оформляют, я уточню.",
    )


def _when(at: datetime) -> str:
    return f"{at.astimezone():%d.%m %H:%M}"


def _where(returned: Returned) -> str:
    return f"касса {returned.till} ({returned.office})"


class Refunds(Protocol):
    """The order service's side of refunds."""

    async def paid_for(self, number: str) -> PaidOrder:
        """The order with the whole story of its payments, refunded or not.

        Raises:
            RefusedError: there is no such order, or its sums do not agree.
            UnavailableError: no usable answer.
        """

    async def order_of_receipt(self, qr: str) -> str:
        """Number of the order that a fiscal receipt belongs to, by the text of its QR code (tag 1196).

        Raises:
            RefusedError: the code is not a receipt's, or the receipt belongs to no order.
            UnavailableError: no usable answer.
        """

    async def claim(self, refund: Refund, *, again: bool) -> None:
        """Take the order for this refund; the same refund may ask any number of times.

        `again` says that an earlier try may have arrived, so that silence tells nothing.

        Raises:
            AlreadyReturnedError: another refund has it.
            PaymentsChangedError: it was paid on since it was read.
            RefusedError: the server said no; this refund has nothing.
            UnavailableError: surely nothing was claimed.
            OutcomeUnknownError: it may be ours.
        """


class RefundBook(Protocol):
    """Where every refund is written before the world hears of it. Local, synchronous, durable on return."""

    def save(self, refund: Refund) -> None:
        """Write the refund's present state; returns after the disk has it.

        Raises:
            OSError: the disk refused; nothing may be done on the strength of this refund.
        """

    def find(self, refund_id: UUID) -> Refund | None:
        """The last saved state of a refund."""

    def open_refunds(self) -> tuple[Refund, ...]:
        """Refunds that something is left to do for, oldest first."""

    def holds(self, number: str) -> Refund | None:
        """This till's own refund of the order, under way or done; one that was given up holds nothing."""

    def surpluses(self, number: str) -> tuple[Refund, ...]:
        """Payments too many for the order that go back alone, or went; latest first, none that was given up."""

    def last_done(self) -> Refund | None:
        """The refund finished last."""

    def given_back(self, since: datetime) -> tuple[Refund, ...]:
        """Refunds finished since then, oldest first, for the shift report."""
