"""Keys and money of everything that waits in the queue, counted once and kept in step with what happens to it."""

from offline_queue import Accepted, Delivered, Event, Moved, Salvaged, Skipped, Summary
from offline_queue import Outbox as Queue
from pos_client.adapters.fact_messages import sale_id_in
from pos_client.domain.money import Money

__all__ = ["WaitingFacts"]


class WaitingFacts:
    """What waits, by heart: a redraw costs the same however much it is. Hears the queue from its first look on."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._amounts: dict[str, int] | None = None
        self._by_sale: dict[str, dict[str, int]] = {}
        self._kopecks = 0
        self._sum = 0
        self._has_changed = False
        queue.subscribe(self._hear)

    def money(self, of: Summary) -> Money:
        """Money of one sale counts once, however many of its facts wait; `of` is the queue at this moment."""
        self._look(of)
        return Money(self._kopecks)

    def keys(self, of: Summary) -> tuple[str, ...]:
        """Of every fact that has not arrived."""
        return tuple(self._look(of))

    def _look(self, of: Summary) -> dict[str, int]:
        found = self._amounts
        # What came back after an error of the disk was told to nobody, so that the sums are held together. Not amid a
        # commit of several facts, of which the queue knows at once and tells one by one.
        agree = found is not None and (of.count, of.amount) == (len(found), self._sum)
        if found is None or not (agree or self._has_changed):
            found = self._read()
        self._has_changed = False
        return found

    def _read(self) -> dict[str, int]:
        self._amounts, self._by_sale, self._kopecks, self._sum = {}, {}, 0, 0
        for key, amount in self._queue.amounts().items():
            self._add(key, amount)
        return self._amounts

    def _hear(self, event: Event) -> None:
        self._has_changed = True
        match event:
            case Accepted(message):
                self._add(message.key, message.amount)
            case Delivered(message) | Skipped(message) | Moved(message):
                self._remove(message.key)
            case Salvaged():
                self._amounts = None
            case _:
                pass

    def _add(self, key: str, amount: int) -> None:
        if self._amounts is None or key in self._amounts:
            return
        self._amounts[key] = amount
        self._sum += amount
        of_sale = self._by_sale.setdefault(_sale(key), {})
        self._kopecks -= max(of_sale.values(), default=0)
        of_sale[key] = amount
        self._kopecks += max(of_sale.values())

    def _remove(self, key: str) -> None:
        if self._amounts is None or key not in self._amounts:
            return
        self._sum -= self._amounts.pop(key)
        sale = _sale(key)
        of_sale = self._by_sale[sale]
        self._kopecks -= max(of_sale.values())
        del of_sale[key]
        self._kopecks += max(of_sale.values(), default=0)
        if not of_sale:
            del self._by_sale[sale]


def _sale(key: str) -> str:
    """What the money belongs to: a fact that names no sale stands for itself."""
    return sale_id_in(key) or key
