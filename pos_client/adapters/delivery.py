"""Messages of the outbox to where they belong, and what each failure means for its message."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from offline_queue import Fate, Later, Message, Paused, Refused, Unsure
from pos_client.adapters.fact_messages import Kind
from pos_client.adapters.orders import CdekOrders
from pos_client.adapters.processing import MindboxProcessing, UnknownOrderError
from pos_client.adapters.processing_wire import utc_millis
from pos_client.adapters.troubles import DeniedError, NotUnderstoodError
from pos_client.ports import Clock, OutcomeUnknownError, PriceChangedError, RefusedError, UnavailableError

__all__ = ["Deliveries", "NotYetError", "classify"]

_TRANSACTIONS: Final = UUID("5d1f7c1e-0d3b-5b0e-9a55-7b6f1c2d9e40")
_LATE_CREATE: Final = timedelta(minutes=5)
"""How long a create whose answer was lost may still land: the order is watched for this long after the fact."""
_TIME: Final = "executionDateTimeUtc"
_LOOK_AGAIN: Final = 60.0
_LOOK_FOR_FOREIGN: Final = 600.0


class NotYetError(Exception):
    """The other side answered, and the message has to wait for something else to happen there first."""

    def __init__(self, words: str, seconds: float) -> None:
        super().__init__(words)
        self.words = words
        self.seconds = seconds


class Deliveries:
    """Sends one message at a time; a repeated delivery of the same message changes nothing on the other side."""

    def __init__(self, orders: CdekOrders, processing: MindboxProcessing, *, now: Clock) -> None:
        self._orders = orders
        self._processing = processing
        self._now = now

    async def send(self, message: Message) -> str:
        """Deliver a message; returns what the other side will know it by.

        Raises:
            NotYetError: it has to wait for something else.
            PosError: it was not delivered, or nobody knows.
            ValueError: a kind that this program does not know.
        """
        content: Mapping[str, Any] = json.loads(message.body)
        body = self._not_ahead(content["body"])
        transaction = uuid5(_TRANSACTIONS, message.key)
        match message.kind:
            case Kind.PAYMENT:
                return await self._orders.report_payment(content["number"], message.key, body)
            case Kind.REFUND | Kind.RELEASE:
                await self._orders.report_refund(content["number"], content["refund"], body)
            case Kind.CORRECTION:
                await self._orders.report_correction(content["number"], content["visit"], body)
            case Kind.OFFLINE:
                await self._processing.save_offline(body, transaction)
            case Kind.SETTLED | Kind.RETURN:
                await self._settle(message, body, transaction)
            case Kind.NOTICE:
                await self._processing.notify(body, transaction)
            case Kind.CANCEL:
                await self._cancel(message, body, transaction)
            case Kind.RESTORE:
                await self._restore(message, body, transaction)
            case _:
                raise ValueError(f"no way to deliver a message of the kind {message.kind}")
        return str(transaction)

    def _not_ahead(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The body with a time that is not in the future: processing refuses such, and tills' clocks get corrected."""
        now = utc_millis(self._now())
        return {**body, _TIME: now} if str(body.get(_TIME, "")) > now else body

    async def _settle(self, message: Message, body: Mapping[str, Any], transaction: UUID) -> None:
        try:
            await self._processing.change_status(body, transaction)
        except UnknownOrderError as error:
            if not _has_own_lane(message):
                raise
            words = "Процессинг ещё не знает офлайн-заказ: он лежит в очереди другой кассы."
            raise NotYetError(words, _LOOK_FOR_FOREIGN) from error

    async def _cancel(self, message: Message, body: Mapping[str, Any], transaction: UUID) -> None:
        try:
            await self._processing.cancel(body, transaction)
        except UnknownOrderError as error:
            if self._now() < message.created + _LATE_CREATE:
                raise NotYetError("Заказа в процессинге нет; следим, не появится ли он.", _LOOK_AGAIN) from error

    async def _restore(self, message: Message, body: Mapping[str, Any], transaction: UUID) -> None:
        await self._processing.restore(body, transaction)
        if self._now() < message.created + _LATE_CREATE:
            raise NotYetError("Баллы возвращены; следим, не спишет ли их опоздавший ответ.", _LOOK_AGAIN)
        # An update that landed late undid the first one, and a transaction is executed once: hence a second.
        await self._processing.restore(body, uuid5(_TRANSACTIONS, f"{message.key}:late"))


def classify(error: Exception) -> Fate:
    """What a failed delivery means for its message."""
    match error:
        case NotYetError():
            return Later(error.words, error.seconds)
        case DeniedError():
            return Paused(error.trouble.what)
        case NotUnderstoodError() | PriceChangedError():
            return Unsure(error.trouble.what)
        case UnavailableError() | OutcomeUnknownError():
            return Later(error.trouble.what, error.retry_after)
        case RefusedError():
            return Refused(error.trouble.what)
        case _:
            return Unsure(f"{type(error).__name__}: {error}")


def _has_own_lane(message: Message) -> bool:
    return ":" in message.destination
