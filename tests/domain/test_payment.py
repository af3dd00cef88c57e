"""Tenders by themselves: what has moved, what may move, and parts that sum to the whole."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.domain import creating, payment
from pos_client.domain.money import ZERO, Money
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import (
    Approval,
    Tender,
    TenderState,
    TenderWish,
    in_sequence,
    split_equally,
)
from pos_client.domain.sale import IllegalMoveError, Sale, Stage
from tests.samples import NOW, cash, priced_sale

CARD, CASH, SBP = TenderKind.CARD, TenderKind.CASH, TenderKind.SBP
ONE, TWO = UUID(int=1), UUID(int=2)


def card(kopecks: int, operation: UUID = ONE) -> Tender:
    return Tender.planned(TenderWish(CARD, Money(kopecks)), operation)


def approval(kopecks: int, operation: UUID = ONE) -> Approval:
    return Approval(operation, Money(kopecks), NOW)


def paying(*tenders: Tender) -> Sale:
    return creating.reserved(priced_sale().payment_asked(tenders, at=NOW), None)


@given(kopecks=st.integers(1, 10**9), parts=st.integers(1, 50))
def test_equal_parts_sum_to_the_whole_and_differ_by_a_kopeck_at_most(kopecks: int, parts: int) -> None:
    if parts > kopecks:
        with pytest.raises(ValueError, match="something"):
            split_equally(Money(kopecks), parts)
        return
    made = [part.kopecks for part in split_equally(Money(kopecks), parts)]
    assert (len(made), sum(made)) == (parts, kopecks)
    assert max(made) - min(made) <= 1
    assert min(made) > 0


def test_there_are_no_parts_of_nothing() -> None:
    assert split_equally(ZERO, 1) == (ZERO,)
    for kopecks, parts in ((0, 2), (1, 2), (1, 0), (0, 0)):
        with pytest.raises(ValueError, match="something"):
            split_equally(Money(kopecks), parts)


@given(st.lists(st.tuples(st.sampled_from(TenderKind), st.integers(1, 100)), max_size=8))
def test_cards_go_first_and_cash_last_and_nobody_is_lost(drawn: list[tuple[TenderKind, int]]) -> None:
    wishes = [TenderWish(kind, Money(kopecks)) for kind, kopecks in drawn]
    ordered = in_sequence(wishes)
    assert Counter(ordered) == Counter(wishes)
    assert [one.kind for one in ordered] == sorted((one.kind for one in wishes), key=[CARD, SBP, CASH].index)


def test_only_cash_gives_change_and_planned_cash_need_not_be_counted() -> None:
    assert Tender.planned(TenderWish(CASH, Money(100)), ONE).change == ZERO
    assert not Tender.planned(TenderWish(CASH, Money(100)), ONE).is_counted
    assert Tender.planned(TenderWish(CASH, Money(100), Money(500)), ONE).counted(Money(500)).change == Money(400)
    with pytest.raises(ValueError, match="cash only"):
        Tender(CARD, Money(100), Money(200))
    with pytest.raises(ValueError, match="covers"):
        Tender(CASH, Money(100), Money(99))


def test_a_tender_moves_money_only_when_somebody_said_so() -> None:
    asked = card(100).asked(at=NOW)
    assert (asked.has_moved, asked.is_under_way) == (False, True)
    moved = asked.approved(approval(100))
    assert (moved.has_moved, moved.is_under_way, moved.must_go_back) == (True, False, True)
    back = moved.going_back(TWO, at=NOW)
    assert (back.has_moved, back.is_under_way) == (True, True)
    assert back.gone_back(approval(100, TWO)).has_moved is False
    assert back.not_gone_back() == replace(moved, return_operation=TWO, return_asked_at=NOW)
    assert (asked.doubted().state, back.doubted().state) == (TenderState.UNKNOWN, TenderState.RETURN_UNKNOWN)


def test_a_slip_moves_the_sum_that_it_shows() -> None:
    doubted = card(100).asked(at=NOW).doubted()
    seen = doubted.testified(payment.Testimony("Иванова М.", NOW, slip=True, amount=Money(70)))
    assert (seen.state, seen.amount, seen.received) == (TenderState.APPROVED, Money(70), Money(70))
    assert (
        doubted.testified(payment.Testimony("Иванова М.", NOW, slip=False, amount=ZERO)).state is TenderState.DECLINED
    )


def test_a_visit_is_paid_when_every_tender_is() -> None:
    plan = (card(400000), *cash(99000))
    sale = paying(*plan)
    assert (sale.takings.next, sale.takings.approved, sale.taken) == (plan[0], Money(99000), Money(499000))
    with pytest.raises(IllegalMoveError):
        sale.paid(UUID(int=7))
    asked = plan[0].asked(at=NOW)
    sale = sale.tender_became(plan[0], asked)
    for move in (sale.given_up, lambda: sale.rest_planned(()), lambda: sale.paid(UUID(int=7))):
        with pytest.raises(IllegalMoveError):
            move()
    sale = sale.tender_became(asked, asked.approved(approval(400000)))
    assert sale.paid(UUID(int=7)).stage is Stage.FISCALISING


def test_a_plan_may_not_begin_with_money_that_moved() -> None:
    with pytest.raises(IllegalMoveError):
        priced_sale().payment_asked((card(100).approved(approval(100)),), at=NOW)


def test_a_visit_is_not_cancelled_while_money_has_to_go_back() -> None:
    first, second = card(400000), card(99000, TWO)
    asked = first.asked(at=NOW)
    moved = asked.approved(approval(400000))
    sale = paying(first, second).tender_became(first, asked).tender_became(asked, moved).given_up()
    assert sale.next_return == moved
    with pytest.raises(IllegalMoveError):
        sale.cancelled(at=NOW)
    back = moved.going_back(TWO, at=NOW)
    sale = sale.tender_became(moved, back).tender_became(back, back.gone_back(approval(400000, TWO)))
    assert sale.cancelled(at=NOW).stage is Stage.CANCELLED


def test_a_new_plan_keeps_what_moved_and_remembers_what_was_declined() -> None:
    first, second = card(400000), card(99000, TWO)
    sale = paying(first, second)
    asked = first.asked(at=NOW)
    sale = sale.tender_became(first, asked).tender_became(asked, asked.approved(approval(400000)))
    declined = second.asked(at=NOW).refused("Нет денег.")
    sale = sale.tender_became(second, second.asked(at=NOW)).tender_became(second.asked(at=NOW), declined)
    assert sale.rest_planned(cash(99000)).paid(UUID(int=7)).attempts == (declined,)
    assert (sale.rest_planned(()).taken, sale.rest_planned(()).settles) == (Money(400000), False)
    with pytest.raises(IllegalMoveError):
        sale.rest_planned(cash(99001))


def test_less_than_asked_for_leaves_the_difference_in_the_plan() -> None:
    asked = card(499000).asked(at=NOW)
    sale = paying(card(499000)).tender_became(card(499000), asked)
    sale = sale.tender_became(asked, asked.approved(approval(499000 - 100)))
    assert [one.amount.kopecks for one in sale.tenders] == [498900, 100]
    assert (sale.taken, sale.takings.approved) == (Money(499000), Money(498900))


def test_more_than_is_due_never_becomes_a_receipt() -> None:
    asked = card(499000).asked(at=NOW)
    sale = paying(card(499000)).tender_became(card(499000), asked)
    sale = sale.tender_became(asked, asked.approved(approval(499100)))
    with pytest.raises(IllegalMoveError):
        sale.paid(UUID(int=7))


def test_the_words_in_which_a_tender_is_kept_never_change() -> None:
    assert {state.name: state.value for state in TenderState} == {
        state.name: state.name.lower() for state in TenderState
    }
    assert (TenderState.ASKED.value, TenderState.RETURN_UNKNOWN.value) == ("asked", "return_unknown")


@pytest.mark.parametrize(("received", "counted"), [(None, False), (99, False), (100, True), (500, True)])
def test_planned_cash_is_in_the_drawer_when_it_covers_its_sum(received: int | None, counted: bool) -> None:  # noqa: FBT001 - a column
    if received == 99:
        with pytest.raises(ValueError, match="covers"):
            Tender.planned(TenderWish(CASH, Money(100), Money(received)), ONE)
        return
    wish = TenderWish(CASH, Money(100), None if received is None else Money(received))
    assert Tender.planned(wish, ONE).is_counted is counted
    assert not card(100).is_counted


def test_the_cashier_says_whether_money_went_back() -> None:
    doubted = card(100).asked(at=NOW).approved(approval(100)).going_back(TWO, at=NOW).doubted()
    gone = payment.Testimony("Иванова М.", NOW, slip=True, amount=Money(100))
    kept = replace(gone, slip=False, amount=ZERO)
    assert doubted.testified(gone) == replace(doubted, state=TenderState.RETURNED, testimony=gone)
    assert doubted.testified(kept) == replace(doubted, state=TenderState.APPROVED, testimony=kept)


def test_more_by_one_means_is_taken_less_by_the_last_that_nobody_was_asked_for() -> None:
    first, under_way = card(100, UUID(int=3)).asked(at=NOW), card(100, TWO).asked(at=NOW)
    counted = Tender.planned(TenderWish(CASH, Money(100), Money(500)), ONE)
    takings = payment.Takings((card(100), first, under_way, counted, card(30)))

    def over(kopecks: int) -> list[tuple[int, int]]:
        news = takings.with_news(first, first.approved(approval(100 + kopecks)))
        return [(one.amount.kopecks, one.received.kopecks) for one in news if one.kind is CASH or one.operation == ONE]

    assert over(0) == [(100, 100), (100, 500), (30, 30)]
    assert over(10) == [(100, 100), (100, 500), (20, 20)]
    assert over(50) == [(100, 100), (80, 500)]
    assert over(160) == [(70, 70)]
    assert over(1000) == []
    after = first.approved(approval(1100))
    assert takings.with_news(first, after) == (after, under_way)


def test_money_is_known_by_the_one_who_moved_it_or_else_by_the_cashiers_signed_word() -> None:
    asked = card(100).asked(at=NOW)
    word = payment.Testimony("Иванова М.", NOW + timedelta(minutes=5), slip=True, amount=Money(100))
    signed = asked.doubted().testified(word)
    assert signed.known_by == Approval(ONE, Money(100), NOW, signed_by="Иванова М.")
    assert replace(signed, asked_at=None).known_by == Approval(ONE, Money(100), word.at, signed_by="Иванова М.")
    assert asked.approved(approval(100)).known_by == approval(100)
    assert replace(signed, approval=approval(100)).known_by == approval(100)
    for unknown in (asked, replace(signed, operation=None), asked.doubted().testified(replace(word, slip=False))):
        assert unknown.known_by is None


@pytest.mark.parametrize(
    ("signed_by", "reference", "nameless"),
    [("", "", False), ("", "RRN", False), ("Иванова М.", "RRN", False), ("Иванова М.", "", True)],
)
def test_a_return_cannot_name_what_only_a_word_knows(signed_by: str, reference: str, *, nameless: bool) -> None:
    assert replace(approval(100), signed_by=signed_by, reference=reference).is_nameless is nameless
