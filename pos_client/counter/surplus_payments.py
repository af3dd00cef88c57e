"""Payments of this till that their orders did not take: which are one too many, and how their letters are laid to rest.

The order service has the last word on every payment, and says it after the money is in the drawer. What it refuses for
good because the order is paid or returned goes back by a refund of that visit alone; whatever it refuses for another
reason has to be mended and sent again.
"""

from pos_client.counter import surplus_words
from pos_client.counter.pricing import Outside
from pos_client.domain.facts import DocumentCorrected, payment_key
from pos_client.domain.paid_order import PaidOrder
from pos_client.domain.refund import Refund, as_returned
from pos_client.domain.sale import Sale, Stage, Trouble
from pos_client.domain.surplus import Surplus, is_surplus, surplus_of
from pos_client.ports import FactFate, FactState, RefusedError
from pos_client.ports.refunds import AlreadyReturnedError

__all__ = ["SurplusPayments"]


class SurplusPayments:
    """Looks at the till's own journal, queue and refunds. `by` is the cashier who closes a letter."""

    def __init__(self, outside: Outside, *, by: str) -> None:
        self._out = outside
        self._by = by

    # ---------------------------------------------------------------------------------------------- what is there

    def refused(self, number: str) -> tuple[Sale, ...]:
        """Visits of the order that the order service refused for good and nobody gives back yet, oldest first."""
        return tuple(
            sale
            for sale in self.kept(number)
            if sale.stage is Stage.DONE and self._fate(sale).state is FactState.REFUSED
        )

    def may_be_one(self, sale: Sale) -> bool:
        """Whether the visit's payment ended in the queue without having arrived."""
        return self._fate(sale).state in {FactState.REFUSED, FactState.CLOSED}

    def kept(self, number: str) -> tuple[Sale, ...]:
        """Sales of the order at this till that are paid, or being paid, and whose money was not given back alone."""
        back = {one.surplus.visit for one in self._out.refund_book.surpluses(number) if one.surplus is not None}
        return tuple(sale for sale in self._out.journal.begun_for(number) if sale.id not in back)

    def under_way(self, number: str) -> Refund | None:
        """The refund of a payment too many that has not ended."""
        return next((one for one in self._out.refund_book.surpluses(number) if one.is_open), None)

    def of_visit(self, sale: Sale) -> Refund | None:
        """The refund that gives this visit back alone, under way or done."""
        number = "" if sale.order is None else sale.order.number
        found = self._out.refund_book.surpluses(number)
        return next((one for one in found if one.surplus is not None and one.surplus.visit == sale.id), None)

    def last_given_back(self, number: str) -> Trouble | None:
        """What to tell whoever opens the refund of an order of which a payment too many went back; None without one."""
        for one in self._out.refund_book.surpluses(number):
            if one.document is not None:
                return surplus_words.given_back(one.amount, one.document.at, one.document.number)
        return None

    def why_unknown(self, sale: Sale, known: PaidOrder) -> Trouble | None:
        """Why the order service does not know a finished visit of an order; None while it only is on its way."""
        fate = self._fate(sale)
        match fate.state:
            case FactState.REFUSED if is_surplus(sale, known):
                return surplus_words.still_here(sale)
            case FactState.REFUSED:
                return surplus_words.not_taken(sale, fate.words)
            case FactState.CLOSED:
                return surplus_words.closed(sale, fate.words)
            case FactState.MOVED:
                return surplus_words.MOVED
            case FactState.UNKNOWN:
                return surplus_words.LOST
            case FactState.WAITING | FactState.DELIVERED:
                return None

    def is_dealt_with(self, sale: Sale, known: PaidOrder) -> bool:
        """Whether a person has taken a payment too many off the queue: the order goes back whole without it."""
        return self._fate(sale).state is FactState.CLOSED and is_surplus(sale, known)

    def _fate(self, sale: Sale) -> FactFate:
        return self._out.outbox.fate(payment_key(sale.id))

    # ---------------------------------------------------------------------------------------------- going back

    def going_back(self, sale: Sale, known: PaidOrder) -> tuple[PaidOrder, Surplus] | None:
        """What goes back of a visit alone, now that it is `known` what the order service has of its order.

        None: it has the visit, whatever the queue was told.

        Raises:
            AlreadyReturnedError: another till is refunding the order, and processing has one order for both.
            RefusedError: the order would take the payment, so that it is not one too many; or a person dealt with it.
        """
        fate = self._fate(sale)
        if str(sale.id) in {visit.id.lower() for visit in known.visits}:
            return None
        if fate.state is FactState.CLOSED:
            raise RefusedError(surplus_words.closed(sale, fate.words))
        if not is_surplus(sale, known):
            raise RefusedError(surplus_words.not_taken(sale, fate.words))
        paid, surplus = surplus_of(sale, known)
        if surplus.restored is not None and known.returned is not None:
            # That refund ends with the processing order returned, or is given up and leaves it: only then it is known.
            raise AlreadyReturnedError(known.returned)
        return paid, surplus

    def check(self, refund: Refund) -> None:
        """The visit that goes back is still refused, and nobody else gives it back.

        Raises:
            RefusedError: its letter was sent once more, or closed, since the page was opened; or it went back.
        """
        surplus = refund.surplus
        sale = None if surplus is None else self._out.journal.find(surplus.visit)
        if sale is None:
            raise RefusedError(surplus_words.LOST)
        if (other := self.of_visit(sale)) is not None and other.id != refund.id:
            raise AlreadyReturnedError(as_returned(other))
        if self._fate(sale).state is not FactState.REFUSED:
            raise RefusedError(surplus_words.NOT_REFUSED_ANY_MORE)

    def lay_to_rest(self, refund: Refund) -> None:
        """The money is back with the customer: nothing of the visit that the orders refused needs a person any more.

        Raises:
            OSError: the queue could not be written; asked again, it is done.
        """
        surplus, document = refund.surplus, refund.document
        if surplus is None or document is None:
            return
        reason = f"Лишняя оплата возвращена клиенту, чек возврата № {document.number}"
        corrected = [DocumentCorrected(one, surplus.visit).key for one in self._out.corrections.of_order(refund.number)]
        for key in (payment_key(surplus.visit), *corrected):
            if self._out.outbox.fate(key).state is FactState.REFUSED:
                self._out.outbox.close_as_handled(key, by=self._by, reason=reason)
