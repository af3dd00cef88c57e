"""Random orders, paid in parts and refunded: everything sums, nothing is negative, and nothing stays in the books.

A sample in the suite; `TILL_LONG=1` goes through a million orders, and `TILL_STORM=n` through any other number.
"""

import os

import pytest

from pos_client.domain.receipt import Settlement
from tests.domain.storm import AT_ONCE, go_through, go_through_on_all_processors

ORDERS = int(os.environ.get("TILL_STORM") or (1_000_000 if os.environ.get("TILL_LONG") else 2_000))


@pytest.mark.timeout(2 * 3600)
def test_whatever_is_sold_sums_to_the_kopeck_and_a_refund_leaves_nothing_in_the_books() -> None:
    seen = go_through_on_all_processors(ORDERS) if ORDERS > AT_ONCE else go_through(0, ORDERS)
    # Nobody pays an advance at the counter, because it always knows what for; and nobody comes there to pay nothing.
    assert set(seen) == set(Settlement) - {Settlement.ADVANCE, Settlement.CREDIT}
