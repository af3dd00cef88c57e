"""Taking an order for a refund: the order service gives it to one refund only, and offline nothing is begun."""

import asyncio
from collections.abc import Callable

from pos_client.counter import refund_words
from pos_client.counter.checkout import CheckoutSettings
from pos_client.counter.pricing import Outside
from pos_client.counter.refunds_here import RefundsHere
from pos_client.counter.state import WaitFor
from pos_client.domain.refund import Refund
from pos_client.ports import OutcomeUnknownError, RefusedError, UnavailableError
from pos_client.ports.refunds import PaymentsChangedError

__all__ = ["Claiming"]


class Claiming:
    """Asks for the order of the refund on the page. `undo` ends a refund of which the order service has to hear."""

    def __init__(
        self, outside: Outside, settings: CheckoutSettings, here: RefundsHere, *, undo: Callable[[Refund], None]
    ) -> None:
        self._out = outside
        self._settings = settings
        self._here = here
        self._undo = undo

    async def claim(self, refund: Refund, *, first_try: bool) -> bool:
        """Ask until the order service can tell or the time for it is over. False: nobody can tell yet.

        Raises:
            RefusedError: the order is not ours; nothing has moved, and the page is gone.
            UnavailableError: nobody heard the first try; nothing has moved, and the page is as it was before it.
        """
        if refund.surplus is not None:
            # The order has never taken this payment: it stays free for whoever refunds the order itself.
            self._here.keep(refund.claimed())
            return True
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.receipt_check_for
        self._here.show_wait(WaitFor.ORDER, False)
        try:
            while True:
                try:
                    await self._out.refunds.claim(refund, again=not first_try)
                except RefusedError as error:
                    self._lose(refund, surely=first_try)
                    if isinstance(error, PaymentsChangedError):
                        raise PaymentsChangedError(refund_words.CHANGED_MEANWHILE, detail=error.detail) from error
                    raise
                except (UnavailableError, OutcomeUnknownError) as error:
                    if first_try and isinstance(error, UnavailableError):
                        self._lose(refund, surely=True)
                        self._here.lay(self._here.fresh(refund.paid))
                        raise UnavailableError(
                            refund_words.no_connection(error.trouble), detail=error.detail
                        ) from error
                    # An earlier try may have arrived, whatever became of this one.
                    first_try = False
                    if loop.time() >= until:
                        self._here.keep(refund.troubled(refund_words.claim_unknown(error.trouble)))
                        return False
                else:
                    self._here.keep(refund.claimed())
                    return True
                self._here.show_wait(WaitFor.ORDER, True)
                await asyncio.sleep(self._settings.receipt_check_pause)
        finally:
            self._here.show_wait(None, False)

    def _lose(self, refund: Refund, *, surely: bool) -> None:
        """The order is not ours. Where an earlier try may have got it, or may still, the order service is told so."""
        if surely:
            self._here.end(refund.claim_refused(at=self._out.clock()))
        else:
            self._undo(self._here.keep(refund.given_up()))
