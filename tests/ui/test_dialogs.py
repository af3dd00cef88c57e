"""Questions: the answer comes back, and the rest of the till goes on meanwhile."""

import asyncio

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from pos_client.ui.dialogs import Answer, ask
from tests.hands import Hands, show, wait_until

ANSWERS = (Answer("wait", "Подождать", "primary"), Answer("go", "Без баллов"))


@pytest.fixture
def window(qtbot: QtBot, dressed: QApplication) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    assert dressed is not None
    return made


def question() -> QDialog:
    found = [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]
    assert len(found) == 1
    return found[0]


def button(name: str) -> QPushButton:
    found = question().findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


async def asked(window: QWidget) -> asyncio.Task[str | None]:
    await show(window)
    task = asyncio.create_task(ask(window, "Сменить клиента?", "В заказе другой CDEK ID.", ANSWERS))
    await wait_until(lambda: QApplication.activeModalWidget() is not None)
    return task


async def test_the_answer_is_the_button_that_was_pressed(window: QWidget) -> None:
    task = await asked(window)
    button("go").click()
    assert await asyncio.wait_for(task, 5) == "go"


async def test_closing_the_question_is_no_answer(window: QWidget, hands: Hands) -> None:
    task = await asked(window)
    await wait_until(question().isActiveWindow)
    hands.press("Esc")
    assert await asyncio.wait_for(task, 5) is None


async def test_enter_gives_the_first_answer(window: QWidget, hands: Hands) -> None:
    task = await asked(window)
    await wait_until(question().isActiveWindow)
    hands.press("Enter")
    assert await asyncio.wait_for(task, 5) == "wait"


async def test_other_tasks_go_on_while_a_question_is_open(window: QWidget) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.001)

    ticking = asyncio.create_task(tick())
    task = await asked(window)
    before = ticks
    await asyncio.sleep(0.05)
    assert ticks > before
    button("wait").click()
    await task
    ticking.cancel()


async def test_a_cancelled_question_disappears(window: QWidget) -> None:
    task = await asked(window)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert QApplication.activeModalWidget() is None
