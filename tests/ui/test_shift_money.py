"""Money that the shift page must not lose: what sales hold that have not ended."""

from dataclasses import replace
from datetime import UTC

import pytest

from pos_client.domain.order import TenderKind
from pos_client.domain.payment import Tender, TenderState
from pos_client.domain.sale import Stage
from pos_client.ui.entry import Entry
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given
from tests.ui import loyalty_states as loyal
from tests.ui import tender_states as pays

UNFINISHED = "В незаконченных продажах "
CASH = pays.tender(TenderKind.CASH, 1000, TenderState.APPROVED)


@pytest.mark.parametrize(
    ("tenders", "given_up", "held"),
    [
        (
            (pays.tender(TenderKind.CARD, 1500, TenderState.APPROVED), pays.tender(TenderKind.CASH, 1000)),
            False,
            {"картой": "1 500 ₽"},
        ),
        (
            (CASH, pays.tender(TenderKind.SBP, 1500, TenderState.APPROVED)),
            False,
            {"наличными": "1 000 ₽", "по СБП": "1 500 ₽"},
        ),
        ((CASH, pays.tender(TenderKind.CARD, 1500, TenderState.RETURNING)), True, {"картой": "1 500 ₽"}),
        ((pays.tender(TenderKind.CARD, 2500, TenderState.UNKNOWN),), False, {}),
    ],
)
def test_the_shift_shows_the_money_that_unfinished_sales_hold(
    tenders: tuple[Tender, ...], held: dict[str, str], *, given_up: bool
) -> None:
    sale = pays.paying(*tenders, given_up=given_up)
    for changes in ({"unfinished": (sale,)}, {"sale": sale}):
        page = present(loyal.a_shift(**changes), Entry(shift_open=True), zone=UTC).shift
        assert page is not None
        shown = {row.label: given.plain(row.value) for row in page.rows if row.label.startswith(UNFINISHED)}
        assert shown == {UNFINISHED + means: value for means, value in held.items()}


def test_a_sale_whose_plan_is_only_a_plan_holds_no_money() -> None:
    sale = replace(pays.paying(CASH), stage=Stage.OPEN)
    assert given.counter(sale=sale).taken_so_far == ()
