from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest
from PySide6.QtWidgets import QApplication, QLabel

from pos_client.counter.state import CounterState
from pos_client.ports import Service
from pos_client.ui.entry import Entry
from pos_client.ui.queue_view import QueueView
from pos_client.ui.sale_screen import present
from pos_client.ui.theme import Scheme, load_theme
from tests.ui import counter_states as given


@pytest.fixture
def view(qapp: QApplication) -> Iterator[QueueView]:
    made = QueueView(load_theme(Scheme.LIGHT, 1.0))
    made.show()
    qapp.sendPostedEvents()
    yield made
    made.close()
    made.deleteLater()


def kinds(view: QueueView, state: CounterState) -> dict[str, str]:
    """What is to be read in the heading, and how it looks."""
    screen = present(state, Entry(queue_open=True), zone=UTC).queue
    assert screen is not None
    view.show_queue(screen)
    labels = [label for label in view.findChildren(QLabel) if label.isVisible()]
    return {given.plain(label.text()): str(label.property("kind")) for label in labels}


def test_a_shut_out_service_is_red_until_it_is_let_in_again(view: QueueView) -> None:
    state = given.with_queue(given.counter())
    shut = replace(state, lanes=(given.a_lane(since=given.NOW, paused=True), given.a_lane(Service.ORDERS)))
    seen = kinds(view, shut)
    (red,) = [text for text, kind in seen.items() if kind == "danger"]
    assert red.startswith("Система лояльности: 1 на 2 990 ₽ · доступ отклонён")
    assert seen["Заказы: 1 на 2 990 ₽ · отправляем сейчас"] == "subtle"
    again = kinds(view, replace(state, lanes=(given.a_lane(),)))
    assert again["Система лояльности: 1 на 2 990 ₽ · отправляем сейчас"] == "subtle"
    assert not [text for text in again if text.startswith("Заказы:")]


def test_the_heading_stands_on_a_warning_only_while_the_queue_is_old(view: QueueView) -> None:
    assert kinds(view, given.aged(5))["Старшая ждёт дольше 4 ч: сообщите владельцу"] == "warning"
    assert view._head.property("kind") == "banner-warning"
    assert not [text for text in kinds(view, given.aged(0.5)) if text.startswith("Старшая ждёт")]
    assert view._head.property("kind") == "card"
