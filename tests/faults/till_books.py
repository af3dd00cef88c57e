"""What everybody's books say after the kills: journal, register, terminal, bank, order service and processing agree."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pos_client.adapters.journal import SqliteJournal
from pos_client.adapters.refund_book import SqliteRefundBook
from pos_client.app import real_time
from pos_client.domain.order import TenderKind
from pos_client.domain.refund import Refund, RefundStage
from pos_client.domain.sale import Sale, Stage
from pos_client.training.fiscal_storage import FiscalDocument
from pos_client.training.shop import LoyaltyOrder, Shop

__all__ = ["TillBooks", "disagreements", "read_books"]

_Sums = tuple[str, int, int]
"""Kind of a document, kopecks in cash, kopecks by card and transfer."""


@dataclass(frozen=True, slots=True)
class TillBooks:
    """What the till's own journal says."""

    numbers: tuple[str, ...]
    sales: dict[str, list[Sale]]
    """By order, every sale for which money moved or may move."""
    refunds: dict[str, Refund]
    """By order, the refund that holds it."""
    unfinished: tuple[str, ...]
    """Stages of whatever something is left to do for."""

    @property
    def visits(self) -> list[Sale]:
        return [sale for visits in self.sales.values() for sale in visits]

    def taken_by(self, kind: TenderKind) -> int:
        """Kopecks that this till still has of what it took by this means."""
        taken = sum(one.amount.kopecks for sale in self.visits for one in sale.tenders if one.kind is kind)
        backs = sum(
            back.amount.kopecks for one in self.refunds.values() for back in one.paid.paybacks if back.kind is kind
        )
        return taken - backs


def read_books(folder: Path, numbers: list[str]) -> TillBooks:
    """Read the journal of a till that nobody is working at."""
    journal = SqliteJournal(folder / "journal.sqlite3", now=real_time)
    try:
        book = SqliteRefundBook(journal)
        begun = {number: list(journal.begun_for(number)) for number in numbers}
        held = {number: book.holds(number) for number in numbers}
        unfinished = [f"sale {one.stage.value} {one.trouble}" for one in journal.open_sales()]
        unfinished += [f"refund {one.stage.value} {one.trouble}" for one in book.open_refunds()]
    finally:
        journal.close()
    return TillBooks(
        tuple(numbers),
        {number: sales for number, sales in begun.items() if sales},
        {number: one for number, one in held.items() if one is not None},
        tuple(unfinished),
    )


def disagreements(shop: Shop, books: TillBooks, *, drawer: int) -> list[str]:
    """Every wrong outcome; `drawer` is the cash, in kopecks, that was there before the first sale."""
    stuck = [f"unfinished for ever: {one}" for one in books.unfinished]
    return [
        *stuck,
        *_fiscal(shop, books),
        *_drawer(shop, books, drawer),
        *_told(shop, books),
        *_refunded(shop, books),
        *_cards(shop, books),
        *_slips(shop),
        *_transfers(shop, books),
        *_points(shop, books),
    ]


def _fiscal(shop: Shop, books: TillBooks) -> list[str]:
    """One receipt for each visit and one for each refund, or a wrong one that was taken back and replaced once."""
    found: dict[str, list[_Sums]] = {}
    owner_of_sign: dict[str, str] = {}
    for document in shop.fiscal_documents():
        if document.type.startswith("sell"):
            corrects = document.type.endswith("Correction")
            owner = owner_of_sign.get(_corrected_sign(document), "nobody") if corrects else document.order_uuid
            owner_of_sign[document.sign] = owner
            found.setdefault(owner, []).append(_sums(document))
    wrong = []
    expected = {str(sale.id): _of_sale(sale) for sale in books.visits}
    expected |= {str(refund.id): _of_refund(refund) for refund in books.refunds.values()}
    for owner, ways in expected.items():
        if (registered := found.pop(owner, [])) not in ways:
            wrong.append(f"{owner}: registered {registered}, expected {ways}")
    return [*wrong, *(f"documents of nobody's: {owner} {left}" for owner, left in found.items())]


def _of_sale(sale: Sale) -> list[list[_Sums]]:
    cash = sum(one.amount.kopecks for one in sale.tenders if one.kind is TenderKind.CASH)
    right = (cash, sale.taken.kopecks - cash)
    if sale.misregistered is None:
        return [[("sell", *right)]]
    return [
        [("sell", *theirs), ("sellReturnCorrection", *theirs), ("sellCorrection", *right)]
        for theirs in _miscounted(*right)
    ]


def _of_refund(refund: Refund) -> list[list[_Sums]]:
    cash = refund.paid.cash.kopecks
    right = (cash, refund.amount.kopecks - cash)
    if refund.misregistered is None:
        return [[("sellReturn", *right)]]
    return [
        [("sellReturn", *theirs), ("sellCorrection", *theirs), ("sellReturnCorrection", *right)]
        for theirs in _miscounted(*right)
    ]


def _miscounted(cash: int, cashless: int) -> tuple[tuple[int, int], ...]:
    """A faulty device takes a rouble more by the first means of payment on the receipt, an advance included."""
    return (cash + 100, cashless), (cash, cashless + 100), (cash, cashless)


def _sums(document: FiscalDocument) -> _Sums:
    """What the receipt takes or gives now: an earlier part of the price stands on it as an advance."""
    by_type: Counter[str] = Counter()
    for one in document.task["payments"]:
        by_type[one["type"]] += round(one["sum"] * 100)
    return document.type, by_type["cash"], by_type["electronically"]


def _corrected_sign(document: FiscalDocument) -> str:
    return str(document.task["items"][0].get("value", ""))


def _drawer(shop: Shop, books: TillBooks, before: int) -> list[str]:
    there, expected = shop.register.device.drawer(), before + books.taken_by(TenderKind.CASH)
    return [f"the drawer has {there}, the till says {expected}"] if there != expected else []


def _told(shop: Shop, books: TillBooks) -> list[str]:
    """Every visit is finished, and the order service was told of each once."""
    wrong = []
    for number, visits in books.sales.items():
        wrong += [f"{number}: a sale is left {sale.stage.value}" for sale in visits if sale.stage is not Stage.DONE]
        told = [(str(one["visit_id"]), _paid(one)) for one in shop.payments(number)]
        if sorted(told) != sorted((str(sale.id), sale.taken.kopecks) for sale in visits):
            wrong.append(f"{number}: told {told}, sold {[(str(sale.id), sale.taken) for sale in visits]}")
    return wrong


def _paid(payment: dict[str, object]) -> int:
    tenders = payment["tenders"]
    assert isinstance(tenders, list)
    return sum(round(tender["sum"] * 100) for tender in tenders)


def _refunded(shop: Shop, books: TillBooks) -> list[str]:
    """An order is given back whole, and the order service holds it for the refund that the till has finished."""
    wrong = []
    for number in books.numbers:
        held, own = shop.refund(number), books.refunds.get(number)
        if own is None:
            wrong += [f"{number}: held for nobody by {held}"] if held is not None else []
            continue
        whole = sum(sale.taken.kopecks for sale in books.sales.get(number, ()))
        if own.stage is not RefundStage.DONE or own.amount.kopecks != whole:
            wrong.append(f"{number}: refund {own.stage.value} of {own.amount}, paid {whole}")
        if held is None or (held["refund_id"], held["state"]) != (str(own.id), "DONE"):
            wrong.append(f"{number}: refunded by {own.id}, held as {held}")
    return wrong


def _cards(shop: Shop, books: TillBooks) -> list[str]:
    """The terminal holds what the till says, and every payment on a receipt is an operation of its own there."""
    operations = shop.terminal.operations()
    held = sum(one.amount if one.kind == "pay" else -one.amount for one in operations)
    expected = books.taken_by(TenderKind.CARD)
    wrong = [f"the terminal holds {held}, the till says {expected}"] if held != expected else []
    guids = Counter(one.guid for one in operations if one.guid)
    wrong += [f"{guid}: taken {times} times" for guid, times in guids.items() if times != 1]
    payments = {one.reference: one.amount for one in operations if one.kind == "pay"}
    for sale in books.visits:
        for tender in sale.tenders:
            named = tender.approval.reference if tender.approval is not None else ""
            if tender.kind is TenderKind.CARD and named and payments.pop(named, None) != tender.amount.kopecks:
                wrong.append(
                    f"{sale.id}: {tender.amount} by {named}, which the terminal does not have or has for another"
                )
    return wrong


def _slips(shop: Shop) -> list[str]:
    """By itself a till prints the slip of an operation once, however often it is killed."""
    lines = [line for slip in shop.register.device.printed for line in slip]
    printed = Counter(line.split()[-1] for line in lines if line.startswith("Номер ссылки"))
    return [f"the slip of {reference} is printed {times} times" for reference, times in printed.items() if times != 1]


def _transfers(shop: Shop, books: TillBooks) -> list[str]:
    """Transfers that the bank holds are those of visits that nobody gave back; those of refunds went back once."""
    wrong = []
    states: dict[str, tuple[str, int]] = {}
    for number, visits in books.sales.items():
        back = "REFUNDED" if number in books.refunds else "PAID"
        for tender in (one for sale in visits for one in sale.tenders if one.kind is TenderKind.SBP):
            assert tender.operation is not None
            states[tender.operation.hex] = (back, tender.amount.kopecks)
    for one in shop.bank.transfers():
        expected = states.pop(one.number, None)
        moved = one.state in {"PAID", "REFUNDED"}
        if expected is None and one.state == "PAID":
            wrong.append(f"transfer {one.number}: {one.amount} is nobody's")
        if expected is not None and expected != (one.state, one.amount):
            wrong.append(f"transfer {one.number}: {one.state} {one.amount}, expected {expected}")
        kinds = [str(each["operation_type"]) for each in one.operations]
        if kinds != (["PAY", "REFUND"] if one.state == "REFUNDED" else ["PAY"] if moved else []):
            wrong.append(f"transfer {one.number}: {one.state} by {kinds}")
    return [*wrong, *(f"transfer {number}: the bank has none, expected {one}" for number, one in states.items())]


def _points(shop: Shop, books: TillBooks) -> list[str]:
    """Points spent are those on the receipts; an order with a member lives in processing once, and ends paid.

    Of an order that went back nothing is left: no points spent, none earned, no live order.
    """
    wrong = []
    size = len(books.numbers[0])
    moved: dict[str, Counter[str]] = {number: Counter() for number in books.numbers}
    for movement in shop.movements():
        if movement.order_id is not None and movement.order_id[:size] in moved:
            moved[movement.order_id[:size]][movement.kind] += movement.amount
    live: dict[str, list[LoyaltyOrder]] = {number: [] for number in books.numbers}
    for order in shop.loyalty_orders():
        if order.status not in {"Cancelled", "Returned"} and order.order_id[:size] in live:
            live[order.order_id[:size]].append(order)
    for number in books.numbers:
        visits, back = books.sales.get(number, []), number in books.refunds
        spent = -moved[number]["RetailOrderPayment"]
        asked = 0 if back else sum(sale.points_asked.count for sale in visits)
        if spent != asked:
            wrong.append(f"{number}: {spent} points are spent, {asked} are on receipts")
        if back and moved[number]["RetailOrderBonus"]:
            wrong.append(f"{number}: given back, and {moved[number]['RetailOrderBonus']} points are left of it")
        member = not back and any(sale.customer is not None and sale.customer.may_earn for sale in visits)
        if len(live[number]) != int(member):
            wrong.append(f"{number}: {len(live[number])} live orders in processing: {live[number]}, back: {back}")
        whole = bool(visits) and any(sale.settles for sale in visits)
        wrong += [
            f"{number}: {order.status}, paid in full: {whole}"
            for order in live[number]
            if (order.status == "Paid") != whole
        ]
    return wrong
