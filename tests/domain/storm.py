"""A storm of random orders: prices, discounts, points, visits and payments in parts, each refunded in the end.

`python -m tests.domain.storm 1000000` goes through a million on all processors; a second number is the first order's.
An order is told again by its number alone, and a number always tells the same.
"""

import os
import sys
import time
import traceback
from collections import Counter
from multiprocessing import get_context
from random import Random

from pos_client.domain.receipt import (
    Settlement,
)
from tests.domain.storm_checks import check_story
from tests.domain.storm_stories import story_of

__all__ = ["AT_ONCE", "Storm", "go_through", "go_through_on_all_processors"]

AT_ONCE = 2_500
"""Orders that a process goes through before it is heard of."""

Storm = Counter[Settlement]
"""How many receipts of each sign of settlement there were."""


def go_through(first: int, count: int) -> Storm:
    """So many orders from that number on.

    Raises:
        AssertionError: an order for which something does not hold; its number and story are in the note.
    """
    seen: Storm = Counter()
    for number in range(first, first + count):
        chance = Random(number)  # noqa: S311 - a storm that can be told again by its number
        story = None
        try:
            story = story_of(chance)
            seen.update(check_story(story, chance))
        except Exception as error:
            error.add_note(f"order number {number} of the storm: {story}")
            raise
    return seen


def go_through_on_all_processors(count: int, first: int = 0) -> Storm:
    """The same orders in as many processes as there are processors.

    Raises:
        AssertionError: as `go_through` does, for the first order that is heard of.
    """
    parts = [(at, min(AT_ONCE, first + count - at)) for at in range(first, first + count, AT_ONCE)]
    seen: Storm = Counter()
    # Not a fork: whoever calls may have threads of its own.
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for part in pool.imap_unordered(_go_through_part, parts):
            seen.update(part)
    return seen


def _go_through_part(part: tuple[int, int]) -> Storm:
    try:
        return go_through(*part)
    except Exception as error:
        # Not every error survives the way between processes, and a pool waits for ever for one that does not.
        raise AssertionError("".join(traceback.format_exception(error))) from error


def main(count: int, first: int = 0) -> int:
    """Go through the storm and say what there was."""
    begun = time.monotonic()
    seen = go_through_on_all_processors(count, first)
    signs = ", ".join(f"{sign.name} {times}" for sign, times in sorted(seen.items(), key=lambda one: one[0].value))
    sys.stdout.write(f"{count} orders from {first}, {seen.total()} receipts and {count} returns: nothing found\n")
    sys.stdout.write(f"{signs}; {time.monotonic() - begun:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
