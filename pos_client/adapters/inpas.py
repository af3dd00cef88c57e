"""A card terminal behind INPAS DualConnector: one XML request over HTTP for each operation.

Source: fields of the SmartSale protocol as integrators use them; the codes of refund and status differ among the
profiles that banks install, so that they are settings.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

from pos_client.adapters.card_words import Decline, busy, declined, settlement_unknown, wrong_amount
from pos_client.adapters.slips import decoded, facts, masked_card, slip_lines, without_cards
from pos_client.adapters.transport import Call, Reply, Transport
from pos_client.adapters.troubles import unavailable, unknown
from pos_client.domain.money import ZERO, Money
from pos_client.domain.payment import Approval
from pos_client.ports import Clock, OutcomeUnknownError, PosError, Service

__all__ = ["InpasSettings", "InpasTerminal"]

_SUM, _CURRENCY, _MOMENT, _CARD = "00", "04", "06", "10"
_CODE, _REFERENCE, _ANSWER, _WORDS = "13", "14", "15", "19"
_OPERATION, _TERMINAL, _STATUS, _SLIP = "25", "27", "39", "90"
_ROUBLES: Final = "643"
_SALE, _TEST, _SETTLEMENT = "1", "26", "59"
_APPROVED: Final = frozenset({"1", "17"})
"""Approved by the bank, or by the terminal itself within what the bank lets it."""
_REFUSED: Final = "16"
_NO_LINK: Final = "34"
_INTERRUPTED: Final = "53"
_NO_SUCH_OPERATION: Final = "25"
"""ISO 8583: the record was not found."""
_FIELD: Final = re.compile(r"""<field\s+id=["'](\d{1,3})["']\s*>(.*?)</field>""", re.DOTALL)
_NOT_THERE: Final = 404
_OK: Final = 200
_CASHIERS_COPY: Final = "(КАССИР)"
_ANSWERS: Final[dict[str, Decline]] = {
    "04": Decline.BLOCKED,
    "05": Decline.OTHER,
    "13": Decline.WRONG_SUM,
    "14": Decline.BLOCKED,
    "33": Decline.BLOCKED,
    "36": Decline.BLOCKED,
    "38": Decline.PIN,
    "41": Decline.BLOCKED,
    "43": Decline.BLOCKED,
    "51": Decline.NO_FUNDS,
    "54": Decline.BLOCKED,
    "55": Decline.PIN,
    "61": Decline.LIMIT,
    "62": Decline.BLOCKED,
    "65": Decline.LIMIT,
    "75": Decline.PIN,
    "91": Decline.BANK,
    "95": Decline.SETTLEMENT,
    "96": Decline.BANK,
}
"""Answers of the bank as ISO 8583 (field 39 there) numbers them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InpasSettings:
    """The terminal and the bank's profile. Times in seconds.

    `refund_operation` is 29 or 3. `status_operation` is the code that asks for an operation by our id, which then
    travels in field 14, and answers 25 in field 15 when it has none; 0 where the profile cannot be asked, and then a
    lost answer is looked up by a person.
    """

    terminal_id: str
    refund_operation: int = 29
    status_operation: int = 0
    pay_timeout: float = 120.0
    settle_timeout: float = 600.0
    ask_timeout: float = 30.0


class InpasTerminal:
    """`ports.Terminal` over DualConnector. One operation at a time."""

    def __init__(self, transport: Transport, settings: InpasSettings, *, now: Clock) -> None:
        self._transport = transport
        self._settings = settings
        self._now = now
        self._at_work = False

    async def pay(self, amount: Money, operation: UUID) -> Approval:
        """Charge the card that the customer presents.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        ours = {_REFERENCE: str(operation)} if self._settings.status_operation else {}
        return await self._moved({_OPERATION: _SALE, **ours}, amount, operation)

    async def refund(self, paid: Approval, amount: Money, operation: UUID) -> Approval:
        """Give money back by the reference of the payment.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        named = {_CODE: paid.code, _REFERENCE: paid.reference}
        fields = {_OPERATION: str(self._settings.refund_operation), **{key: one for key, one in named.items() if one}}
        return await self._moved(fields, amount, operation)

    async def find(
        self,
        operation: UUID,
        amount: Money,
        *,
        since: datetime,  # noqa: ARG002 - as the port has it
        back: bool = False,
    ) -> Approval | None:
        """What became of a payment, by our id, where the bank's profile can tell.

        A return travels under the reference of its payment, so that no id of ours leads to it.

        Raises:
            UnavailableError, OutcomeUnknownError: nobody can tell now.
        """
        if back or not self._settings.status_operation:
            raise unknown(Service.TERMINAL, "this terminal cannot be asked about the operation")
        asked = {_OPERATION: str(self._settings.status_operation), _REFERENCE: str(operation)}
        found = await self._asked(asked, self._settings.ask_timeout)
        status = found.get(_STATUS, "")
        if status in _APPROVED:
            if not found.get(_SUM):
                raise unknown(Service.TERMINAL, "status: approved, and no sum")
            return self._approval(found, amount, operation)
        # Any other no may be one to the question itself, and says nothing of the money.
        if status == _REFUSED and found.get(_ANSWER) == _NO_SUCH_OPERATION:
            return None
        raise unknown(Service.TERMINAL, f"status: {status or 'none'} {found.get(_WORDS, '')}")

    async def settle(self) -> tuple[str, ...]:
        """Reconcile with the bank; returns the slip.

        Raises:
            UnavailableError, RefusedError, OutcomeUnknownError: as the port says.
        """
        try:
            found = await self._asked({_OPERATION: _SETTLEMENT}, self._settings.settle_timeout, changes=True)
        except OutcomeUnknownError as error:
            raise settlement_unknown(error.detail) from error
        if found.get(_STATUS) not in _APPROVED:
            raise _refusal(found)
        return _slip(found)

    async def probe(self) -> None:
        """Whether the terminal and its link to the bank answer.

        Raises:
            UnavailableError: they do not.
        """
        found = await self._asked({_OPERATION: _TEST}, self._settings.ask_timeout)
        if found.get(_STATUS) not in _APPROVED:
            raise unavailable(Service.TERMINAL, f"test: {found.get(_STATUS)} {found.get(_WORDS, '')}")

    # ------------------------------------------------------------------------------------------- money moves

    async def _moved(self, fields: Mapping[str, str], amount: Money, operation: UUID) -> Approval:
        if amount <= ZERO:
            raise ValueError("a card is charged with a sum above zero")
        wanted = {_SUM: str(amount.kopecks), _CURRENCY: _ROUBLES, **fields}
        found = await self._asked(wanted, self._settings.pay_timeout, changes=True)
        if found.get(_STATUS) in _APPROVED:
            return self._approval(found, amount, operation)
        raise _refusal(found)

    def _approval(self, found: Mapping[str, str], amount: Money, operation: UUID) -> Approval:
        slip = _slip(found)
        said = facts(slip)
        sums = found.get(_SUM, "")
        theirs = Money(int(sums)) if sums.isascii() and sums.isdecimal() else said.amount
        if theirs is not None and theirs != amount:
            raise wrong_amount(theirs, amount)
        reference = found.get(_REFERENCE, "")
        return Approval(
            operation=operation,
            amount=amount,
            at=_moment(found.get(_MOMENT, "")) or said.at or self._now(),
            # Some profiles send back what we sent in this field: that is not the bank's name of the operation.
            reference=reference if reference and reference != str(operation) else said.reference,
            code=found.get(_CODE) or said.code,
            card=masked_card(found.get(_CARD, "")),
            terminal=found.get(_TERMINAL) or self._settings.terminal_id,
            slip=slip,
        )

    async def _asked(self, fields: Mapping[str, str], seconds: float, *, changes: bool = False) -> Mapping[str, str]:
        """One request and the fields of its answer.

        Raises:
            UnavailableError, OutcomeUnknownError: no usable answer.
        """
        if self._at_work:
            raise busy()
        call = Call(
            "POST",
            "",
            seconds,
            content=_request({**fields, _TERMINAL: self._settings.terminal_id}),
            headers={"Content-Type": "text/xml; charset=windows-1251", "Accept": "text/xml"},
            changes=changes,
        )

        def read(reply: Reply) -> Mapping[str, str]:
            if reply.status == _NOT_THERE:
                # DualConnector runs, and has no terminal behind this address.
                raise declined(Decline.NO_PINPAD, detail="HTTP 404")
            self._transport.usual(call, reply, "")
            found = _fields(reply.content)
            if reply.status != _OK or _STATUS not in found:
                raise self._transport.senseless(call, f"HTTP {reply.status} without a result")
            return _checked(found, call)

        self._at_work = True
        try:
            return await self._transport.call(call, read)
        finally:
            self._at_work = False


def _checked(found: Mapping[str, str], call: Call) -> Mapping[str, str]:
    """The answer, unless it says that the terminal itself does not know what it did."""
    known = found[_STATUS] in {*_APPROVED, _REFUSED, _INTERRUPTED, _NO_LINK}
    if call.changes and not known:
        raise unknown(Service.TERMINAL, f"result {found[_STATUS]} {found.get(_WORDS, '')}")
    return found


def _refusal(found: Mapping[str, str]) -> PosError:
    status, answer, words = found.get(_STATUS, ""), found.get(_ANSWER, ""), found.get(_WORDS, "")
    detail = f"result {status}, answer {answer}"
    match status:
        case "34":
            return declined(Decline.NO_LINK, words, detail=detail)
        case "53":
            return declined(Decline.CANCELLED, words, detail=detail)
        case _:
            return declined(_ANSWERS.get(answer.zfill(2), Decline.OTHER), words, detail=detail)


def _request(fields: Mapping[str, str]) -> bytes:
    inside = "".join(f'<field id="{name}">{escape(value)}</field>' for name, value in sorted(fields.items()))
    return f'<?xml version="1.0" encoding="windows-1251"?><request>{inside}</request>'.encode("cp1251")


def _fields(content: bytes) -> dict[str, str]:
    """Fields of an answer, whatever else is around them; only the slip may hold more than a line."""
    fields = {}
    for found in _FIELD.finditer(decoded(content)):
        name, value = found[1].zfill(2), unescape(found[2])
        # Digits of an id of ours may look like a card; a card never stands in its place.
        value = value if name == _REFERENCE else without_cards(value)
        fields[name] = value.strip("\n") if name == _SLIP else value.strip()
    return fields


def _slip(found: Mapping[str, str]) -> tuple[str, ...]:
    """The customer's copy: what comes before the mark of the cashier's."""
    return slip_lines(found.get(_SLIP, "").partition(_CASHIERS_COPY)[0])


def _moment(written: str) -> datetime | None:
    """`20261122134501`, local time of the terminal."""
    try:
        return datetime.strptime(written, "%Y%m%d%H%M%S").astimezone(UTC)
    except ValueError:
        return None
