"""A sale whose receipt has another total, as the cashier sees it."""

from datetime import UTC

from pos_client.counter.correcting import told_otherwise
from pos_client.counter.state import WaitFor
from pos_client.domain.misregistered import Misregistered
from pos_client.domain.receipt import FiscalDocument
from pos_client.domain.sale import Sale
from pos_client.ui.closing import objection
from pos_client.ui.entry import Entry
from pos_client.ui.money_screen import money
from pos_client.ui.sale_screen import present
from tests.ui import counter_states as given


def misregistered() -> Sale:
    paid = given.a_paid_sale()
    assert paid.fiscal is not None
    found = FiscalDocument(4102, "9999", "1", 118, 42, given.NOW, given.roubles(2501), "")
    return told_otherwise(paid, Misregistered(found, paid.fiscal.receipt))


def test_both_totals_the_memo_and_the_key_that_corrects_are_named() -> None:
    screen = money(given.counter(sale=misregistered()), Entry(), zone=UTC)
    assert screen.doing is not None
    told = given.plain(" ".join((screen.doing.strong, *screen.doing.lines)))
    assert "пробила чек на 2 501,00 ₽, а должна была на 2 500,00 ₽" in told
    assert "служебную записку" in told
    assert "Второй раз их не берём" in told
    [[again]] = screen.buttons
    assert (again.text, again.enabled) == ("Исправить чек", True)


def test_while_it_is_corrected_the_screen_says_so_and_offers_nothing() -> None:
    state = given.counter(sale=misregistered(), wait=given.waiting(WaitFor.CORRECTION))
    screen = money(state, Entry(), zone=UTC)
    assert screen.doing is not None
    assert "Исправляем чек" in screen.doing.strong
    assert not any(button.enabled for row in screen.buttons for button in row)


def test_after_a_restart_it_is_said_what_is_wrong_with_the_receipt() -> None:
    idle = present(given.counter(unfinished=(misregistered(),)), Entry(), zone=UTC).idle
    assert idle is not None
    said = given.plain(idle.unfinished[0].text)
    assert said == "14:01 · взято 2 500 ₽ наличными, чек пробит на другую сумму: его нужно исправить"
    assert [button.text for button in idle.buttons] == ["Проверить и довести"]


def test_the_till_does_not_close_on_it_until_it_is_put_aside() -> None:
    against = objection(given.counter(sale=misregistered()))
    assert against is not None
    assert "ещё не исправлен" in against.what
    assert objection(given.counter(unfinished=(misregistered(),))) is None
