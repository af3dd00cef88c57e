import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.adapters.journal import JournalError, Quarantined, SqliteJournal
from pos_client.domain import creating
from pos_client.domain.customer import Balance, Expiration
from pos_client.domain.loyalty import Discount, Earning
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import LineKind, OrderLine, Seller, TenderKind, Vat
from pos_client.domain.receipt import Tender
from pos_client.domain.sale import Loyalty, LoyaltyPath, Sale, Stage, Trouble
from tests.adapters.conftest import NOON, SetClock
from tests.samples import LINES, MEMBER, NOW, cash, document, live_quote, new_sale, priced_sale, with_visits
from tests.samples import visit as earlier


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def opened(path: Path, clock: SetClock | None = None) -> SqliteJournal:
    return SqliteJournal(path, now=clock or SetClock())


def done_sale(number: int = 1, kopecks: int = 100000, *, at: datetime = NOON, points: int = 0) -> Sale:
    """A sale that went through every stage and paid a part."""
    sale = replace(priced_sale(points), id=UUID(int=number))
    sale = creating.reserved(sale.payment_asked(cash(kopecks), at=at), Points(25)).paid(UUID(int=number + 1000))
    return sale.receipt_sent(after=7).receipted(document(total=kopecks)).recorded(at=at)


def rich_sales() -> list[Sale]:
    """Sales that fill every field of every value between them."""
    goods = OrderLine(
        "g", "Чай «Ы» 1/2", LineKind.GOODS, Money(12345), 3, Vat.VAT10, "T-1", Seller("ООО", "7707083893", "+7"), "note"
    )
    order = replace(
        with_visits(earlier(5000, discount=100, points=1), loyalty_order="1106153417"),
        lines=(*LINES, goods),
        international=True,
        weight_grams=12,
    )
    full = live_quote(order, 1, 0)
    quote = replace(
        full,
        discounts=(Discount("Весна −10 %", ZERO),),
        earn_percent=Decimal("5.5"),
        earning=Earning.INTERNATIONAL,
        earned=None,
    )
    balance = Balance(Points(1), Points(2), Expiration(Points(1), date(2026, 11, 30)), NOW)
    member = replace(MEMBER, balance=balance, level="Серебро")
    tenders = (
        Tender(TenderKind.CARD, Money(100), Money(100)),
        Tender(TenderKind.SBP, Money(50), Money(50)),
        *cash(100, 500),
    )
    loyalty = Loyalty(LoyaltyPath.OFFLINE, "x", 3, reserved=True, promised=NO_POINTS, abandoned=("a", "b"))
    rich = replace(
        new_sale(9),
        stage=Stage.FISCALISING,
        customer=member,
        order=order,
        quote=quote,
        tenders=tenders,
        paid_at=NOW,
        loyalty=loyalty,
        points_asked=Points(7),
        trouble=Trouble("что", "деньги", "делать", "сказать"),
    )
    done = done_sale(8)
    return [
        new_sale(),
        priced_sale(),
        priced_sale(100),
        done,
        rich,
        replace(rich, id=UUID(int=3), document=done.document),
    ]


@pytest.mark.parametrize("at", range(6))
def test_a_sale_read_back_is_the_sale_that_was_saved(path: Path, at: int) -> None:
    sale = rich_sales()[at]
    opened(path).save(sale)
    journal = opened(path)
    assert journal.find(sale.id) == sale
    assert journal.quarantined() == ()


@given(
    kopecks=st.integers(1, 499000),
    points=st.integers(0, 490),
    name=st.text(max_size=30),
    seconds=st.integers(0, 10**9),
)
def test_any_sums_texts_and_times_survive_the_disk(kopecks: int, points: int, name: str, seconds: int) -> None:
    clean = name.encode("utf-8", "ignore").decode()
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=seconds % 10**6)
    sale = priced_sale(points)
    sale = sale.payment_asked(cash(min(kopecks, sale.due.kopecks)), at=at)
    sale = replace(sale, cashier=replace(sale.cashier, name=clean))
    journal = SqliteJournal(":memory:", now=SetClock())
    journal.save(sale)
    assert journal.find(sale.id) == sale
    journal.close()


def test_only_the_last_state_counts_and_the_earlier_ones_stay_on_record(path: Path) -> None:
    journal = opened(path)
    sale = priced_sale()
    journal.save(sale)
    paying = sale.payment_asked(cash(1000), at=NOON)
    journal.save(paying)
    assert journal.find(sale.id) == paying
    assert journal.open_sales() == (paying,)
    stages = [row[0] for row in sqlite3.connect(path).execute("SELECT stage FROM entry ORDER BY seq")]
    assert stages == ["open", "reserving"]


def test_open_sales_come_oldest_first_and_finished_ones_do_not(path: Path) -> None:
    journal = opened(path)
    young = replace(priced_sale(), id=UUID(int=5), started_at=NOW + timedelta(minutes=1))
    old = replace(priced_sale(), id=UUID(int=6))
    for sale in (young, old, done_sale(7)):
        journal.save(sale)
    cancelled = replace(priced_sale(), id=UUID(int=8)).given_up()
    journal.save(cancelled)
    assert {sale.id for sale in journal.open_sales()} == {young.id, old.id, cancelled.id}
    journal.save(cancelled.cancelled(at=NOON))
    assert journal.open_sales() == (old, young)


def test_the_sales_finished_last_come_latest_first_and_no_more_than_asked_for(path: Path) -> None:
    journal = opened(path)
    assert journal.latest_done(10) == ()
    done = [done_sale(at, at=NOON + timedelta(minutes=at)) for at in range(11, 15)]
    for sale in (done[2], done[0], priced_sale(), done[3], done[1]):
        journal.save(sale)
    assert journal.latest_done(3) == (done[3], done[2], done[1])
    assert journal.latest_done(10) == tuple(reversed(done))


def test_a_sale_that_cannot_be_read_is_left_out_of_the_last_ones(path: Path) -> None:
    journal = opened(path)
    for at in (1, 2):
        journal.save(done_sale(at, at=NOON + timedelta(minutes=at)))
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE entry SET body = '{}' WHERE sale = ?", (str(done_sale(2).id),))
        other.commit()
    assert [sale.id for sale in journal.latest_done(10)] == [done_sale(1).id]
    assert [each.sale for each in journal.quarantined()] == [str(done_sale(2).id)]


def test_the_last_finished_sale_is_the_one_that_finished_last(path: Path) -> None:
    journal = opened(path)
    assert journal.last_done() is None
    late, early = done_sale(1, at=NOON + timedelta(hours=1)), done_sale(2, at=NOON)
    journal.save(late)
    journal.save(early)
    journal.save(replace(priced_sale(), id=UUID(int=3)))
    assert journal.last_done() == late


def test_totals_count_the_money_of_finished_visits_once(path: Path) -> None:
    journal = opened(path)
    for sale in (done_sale(1, 100000, points=30), done_sale(2, 50, at=NOON + timedelta(hours=1))):
        journal.save(replace(priced_sale(), id=sale.id))
        journal.save(sale)
        journal.save(sale)
    journal.save(replace(done_sale(3, 700), customer=None))
    journal.save(done_sale(4, 900, at=NOON - timedelta(days=1)))
    totals = journal.totals(NOON)
    assert (totals.sales, totals.taken, totals.with_customer, totals.points_spent) == (3, Money(100750), 2, Points(30))
    assert totals.with_points == 1
    assert journal.totals(NOON + timedelta(minutes=1)).taken == Money(50)
    assert journal.totals(NOON + timedelta(days=1)).sales == 0


def test_totals_tell_cash_from_cards_and_transfers(path: Path) -> None:
    journal = opened(path)
    card, sbp = (Tender(kind, Money(100), Money(100)) for kind in (TenderKind.CARD, TenderKind.SBP))
    mixed = replace(done_sale(1), tenders=(card, card, sbp, *cash(50, 500)))
    journal.save(replace(mixed, stage=Stage.RECORDING))
    journal.save(mixed)
    journal.save(done_sale(2, 700))
    taken = dict(journal.totals(NOON).by_tender)
    assert taken == {TenderKind.CASH: Money(750), TenderKind.CARD: Money(200), TenderKind.SBP: Money(100)}


def of_shift(number: int, sale: Sale, fn: str = "") -> Sale:
    assert sale.document is not None
    return replace(sale, document=replace(sale.document, shift=number, fn=fn or sale.document.fn))


def test_totals_of_a_shift_are_of_its_documents_whatever_the_day(path: Path) -> None:
    journal = opened(path)
    before, after = (done_sale(number, 100 * number, at=NOON + timedelta(hours=9 + number)) for number in (2, 3))
    assert before.finished_at is not None
    fn = document().fn
    for sale in (
        of_shift(7, done_sale(1)),
        of_shift(8, before),
        of_shift(8, after),
        of_shift(8, done_sale(4), "other"),
    ):
        journal.save(sale)
    journal.save(replace(of_shift(8, done_sale(5)), stage=Stage.RECORDING))
    totals = journal.totals_of_shift(fn, 8, since=NOON)
    assert (totals.sales, totals.taken, totals.since) == (2, Money(500), NOON)
    assert dict(totals.by_tender)[TenderKind.CASH] == Money(500)
    assert journal.totals_of_shift(fn, 9, since=NOON).sales == 0


def test_totals_of_a_shift_are_found_by_an_index(path: Path) -> None:
    journal = opened(path)
    for table in ("head", "refund_head"):
        question = f"EXPLAIN QUERY PLAN SELECT sum(cash) FROM {table} WHERE stage = 'done' AND fn = ? AND shift = ?"  # noqa: S608 - our tables
        steps = [row["detail"] for row in journal.rows(question, "9", 8)]
        assert [("_shift" in step, "SCAN" in step) for step in steps] == [(True, False)]


def forget_shifts(raw: sqlite3.Connection) -> None:
    """As it was written by a program that summed days."""
    for index in ("head_shift", "refund_shift"):
        raw.execute(f"DROP INDEX {index}")
    for table in ("head", "refund_head"):
        for column in ("fn", "shift"):
            raw.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def test_a_journal_that_summed_days_knows_the_shifts_of_its_last_documents(path: Path) -> None:
    journal = opened(path)
    for sale in (of_shift(6, done_sale(1, at=NOON - timedelta(days=3))), of_shift(7, done_sale(2, 700))):
        journal.save(sale)
    journal.close()
    with closing(sqlite3.connect(path)) as raw:
        forget_shifts(raw)
        raw.execute("PRAGMA user_version = 7")
    again = opened(path)
    assert again.totals_of_shift(document().fn, 7, since=NOON).taken == Money(700)
    assert again.check() is None


def test_a_journal_of_the_days_of_cash_counts_its_money_as_cash(path: Path) -> None:
    journal = opened(path)
    journal.save(done_sale(1, 700))
    journal.close()
    raw = sqlite3.connect(path)
    for column in ("cash", "card", "sbp"):
        raw.execute(f"ALTER TABLE head DROP COLUMN {column}")
        raw.execute(f"ALTER TABLE refund_head DROP COLUMN {column}")
    raw.execute("DROP INDEX entry_correction")
    raw.execute("DROP INDEX entry_slip")
    forget_shifts(raw)
    raw.execute("PRAGMA user_version = 3")
    raw.close()
    assert dict(opened(path).totals(NOON).by_tender)[TenderKind.CASH] == Money(700)


def test_a_visit_that_pays_on_for_a_member_s_order_counts_as_his_without_a_card(path: Path) -> None:
    journal = opened(path)
    sale = done_sale()
    carried = replace(sale, customer=None, loyalty=Loyalty(LoyaltyPath.CARRIED, "1106153417"))
    journal.save(carried)
    journal.save(replace(sale, id=UUID(int=2), customer=None, loyalty=Loyalty()))
    assert (journal.totals(NOON).sales, journal.totals(NOON).with_customer) == (2, 1)


def test_an_abandoned_create_is_remembered_after_a_restart(path: Path) -> None:
    journal = opened(path)
    sale = creating.left_without_points(
        priced_sale().payment_asked(cash(1000), at=NOON), Earning.LATER, maybe_created=True
    )
    journal.save(sale)
    assert not journal.has_abandoned("1")
    assert opened(path).has_abandoned("1106153417")


# ---------------------------------------------------------------------------------------------------------- durability


def test_the_disk_is_asked_to_keep_every_commit_and_says_so(path: Path) -> None:
    journal = opened(path)
    assert journal._file.connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert journal._file.connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_what_was_saved_survives_a_kill(path: Path) -> None:
    """A process that is killed right after `save` returned leaves the sale on the disk, whole."""
    script = textwrap.dedent(
        """
        import os, signal, sys
        from datetime import datetime, UTC
        from pos_client.adapters.journal import SqliteJournal
        from tests.samples import priced_sale
        journal = SqliteJournal(sys.argv[1], now=lambda: datetime.now(UTC))
        journal.save(priced_sale())
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        """
    )
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", script, str(path)]
    killed = subprocess.run(command, cwd=root, check=False, timeout=60)  # noqa: S603 - our own interpreter and script
    assert killed.returncode != 0
    assert opened(path).find(priced_sale().id) == priced_sale()


def test_a_save_that_fails_changes_nothing_and_says_why_in_russian(path: Path) -> None:
    journal = opened(path)
    journal.save(priced_sale())
    other = sqlite3.connect(path, isolation_level=None)
    journal._file.connection.execute("PRAGMA busy_timeout = 1")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="занят другой программой") as caught:
        journal.save(done_sale())
    assert isinstance(caught.value, OSError)
    other.execute("ROLLBACK")
    assert journal.find(priced_sale().id) == priced_sale()
    journal.save(done_sale())
    assert journal.check() is None


def save_many(journal: SqliteJournal) -> None:
    for number in range(50):
        journal.save(done_sale(number + 1))


def test_a_full_disk_is_told_by_its_name(path: Path) -> None:
    journal = opened(path)
    pages = journal._file.connection.execute("PRAGMA page_count").fetchone()[0]
    journal._file.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="нет места"):
        save_many(journal)
    assert journal.check() is None


@pytest.mark.parametrize("content", [b"this is no database, and long enough to be looked at " * 40])
def test_a_file_that_is_no_journal_is_refused_in_plain_words(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalError, match="повреждён"):
        opened(path)


def test_a_folder_that_does_not_exist_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="нет прав"):
        opened(tmp_path / "no" / "journal.sqlite")


def test_a_journal_of_a_newer_program_is_left_alone(path: Path) -> None:
    opened(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(JournalError, match="более новой версией"):
        opened(path)


# ---------------------------------------------------------------------------------------------------------- quarantine


def spoil(path: Path, sale: Sale, change: str) -> None:
    raw = sqlite3.connect(path)
    raw.execute(f"UPDATE entry SET {change} WHERE sale = ?", (str(sale.id),))  # noqa: S608 - a test's own words
    raw.commit()
    raw.close()


@pytest.mark.parametrize("change", ["body = '{'", "body = '{}'", "version = 99", "body = replace(body, 'open', 'odd')"])
def test_a_sale_that_cannot_be_read_is_set_aside_and_reported_once(path: Path, change: str) -> None:
    first = opened(path)
    bad, good = priced_sale(), replace(priced_sale(), id=UUID(int=2))
    first.save(bad)
    first.save(good)
    first.close()
    spoil(path, bad, change)
    reported: list[Quarantined] = []
    journal = SqliteJournal(path, now=SetClock(), on_unreadable=reported.append)
    for _ in range(2):
        assert journal.open_sales() == (good,)
        assert journal.find(bad.id) is None
    assert [each.sale for each in reported] == [str(bad.id)]
    assert journal.quarantined() == tuple(reported)


def test_a_report_about_an_unreadable_sale_names_no_customer(path: Path) -> None:
    journal = opened(path)
    journal.save(priced_sale())
    journal.close()
    spoil(path, priced_sale(), 'body = replace(body, \'"standing":"member"\', \'"standing":"Смирнова"\')')
    journal = opened(path)
    assert journal.open_sales() == ()
    assert "Смирнова" not in journal.quarantined()[0].why


def test_an_entry_that_somebody_edited_is_noticed(path: Path) -> None:
    journal = opened(path)
    for number in range(1, 4):
        journal.save(done_sale(number))
    assert journal.check() is None
    journal.close()
    spoil(path, done_sale(2), "body = replace(body, 'Иванова', 'Петрова')")
    assert opened(path).check() == "Запись № 2 журнала продаж изменена не программой."


# ------------------------------------------------------------------------------------------------------------ start-up


@pytest.mark.parametrize(
    "condition",
    [
        "h.is_open = 1 ORDER BY h.begun, h.seq",
        "h.stage = 'done' ORDER BY h.finished DESC, h.seq DESC LIMIT 1",
        "h.stage = 'done' AND h.finished >= 5",
    ],
)
def test_what_the_start_asks_reads_no_history(path: Path, condition: str) -> None:
    journal = opened(path)
    statement = f"SELECT e.body FROM head AS h JOIN entry AS e USING (seq) WHERE {condition}"  # noqa: S608 - from above
    plan = " ".join(row[3] for row in journal._file.connection.execute(f"EXPLAIN QUERY PLAN {statement}"))
    assert "SCAN entry" not in plan
    assert "USING INDEX" in plan or "USING COVERING INDEX" in plan
    assert "TEMP B-TREE" not in plan
