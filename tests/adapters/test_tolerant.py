"""Numbers as the other side writes them, senseless ones included."""

import pytest

from pos_client.adapters.tolerant import money, points
from pos_client.domain.money import Money, Points


@pytest.mark.parametrize("written", ["1e400", "-1e400", "1e999999999", "9" * 30, "NaN", "Infinity", True, None, [], ""])
def test_a_number_that_is_no_sum_is_no_sum_and_no_crash(written: object) -> None:
    assert money(written) is None
    assert points(written) is None


@pytest.mark.parametrize("written", ["4990.00", "4990,00", 4990, 4990.0, " 4990 "])
def test_a_sum_is_read_however_it_is_written(written: object) -> None:
    assert money(written) == Money(499000)
    assert points(written) == Points(4990)
