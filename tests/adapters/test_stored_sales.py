"""Sales on disk: what earlier versions wrote down is read for ever."""

from pathlib import Path
from uuid import UUID

from pos_client.adapters.journal import SqliteJournal
from pos_client.domain.money import Money
from pos_client.domain.payment import TenderState
from pos_client.domain.sale import Stage
from tests.samples import NOW, document, new_sale, priced_sale

SALE = Path(__file__).parent / "fixtures" / "sale-of-2026-11-21.json"


def test_a_sale_of_an_earlier_version_is_read_and_goes_on(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.sqlite3", now=lambda: NOW)
    journal.save(priced_sale())
    journal._file.connection.execute("UPDATE entry SET body = ?", (SALE.read_text(encoding="utf-8"),))
    sale = journal.find(new_sale().id)
    assert sale is not None
    assert (sale.stage, sale.misregistered, sale.document) == (Stage.FISCALISING, None, None)
    assert (sale.taken, sale.takings.approved, sale.takings.change) == (Money(389000), Money(389000), Money(111000))
    assert [one.state for one in sale.tenders] == [TenderState.APPROVED, TenderState.APPROVED]
    assert sale.fiscal is not None
    assert (sale.fiscal.id, sale.fiscal.sent, sale.fiscal.after) == (UUID(int=7), True, 39090)
    assert sale.order is not None
    assert [(visit.receipt_lines, visit.settlement) for visit in sale.order.visits] == [(None, None)]
    done = sale.receipted(document()).recorded(at=NOW)
    journal.save(done)
    assert journal.find(done.id) == done
