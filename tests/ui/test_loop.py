"""The event loop: timers, threads, the way out, and the interpreter's None under Qt."""

import asyncio
import signal
import sys
import threading

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from pos_client.ui.loop import PosEventLoop, delete_windows, run


def loop_of_test() -> PosEventLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PosEventLoop)
    return loop


async def test_a_sleep_of_two_seconds_never_ends_early() -> None:
    loop = loop_of_test()
    began = loop.time()
    await asyncio.sleep(2)
    assert 2.0 <= loop.time() - began < 2.5


async def test_short_sleeps_never_end_early() -> None:
    loop = loop_of_test()
    for ms in (1, 3, 7, 20):
        began = loop.time()
        await asyncio.sleep(ms / 1000)
        assert loop.time() - began >= ms / 1000


async def test_timers_fire_in_the_order_of_their_times() -> None:
    order: list[int] = []
    loop = loop_of_test()
    for ms in (30, 10, 20):
        loop.call_later(ms / 1000, order.append, ms)
    await asyncio.sleep(0.05)
    assert order == [10, 20, 30]


async def test_cancelled_timeouts_leave_a_bounded_number_of_timers() -> None:
    for _ in range(1_000):
        async with asyncio.timeout(30):
            await asyncio.sleep(0)
    assert loop_of_test().timers <= 128


async def test_a_cancelled_timer_never_fires() -> None:
    fired: list[str] = []
    handle = loop_of_test().call_later(0.01, fired.append, "x")
    handle.cancel()
    await asyncio.sleep(0.03)
    assert fired == []


async def test_a_timer_a_month_ahead_can_be_set_and_cancelled() -> None:
    handle = loop_of_test().call_later(30 * 86_400, sys.exit)
    await asyncio.sleep(0.01)
    handle.cancel()
    assert handle.cancelled()


async def test_a_timer_nearer_than_the_armed_one_is_not_late() -> None:
    loop = loop_of_test()
    far = loop.call_later(60, sys.exit)
    began = loop.time()
    await asyncio.sleep(0.02)
    assert loop.time() - began < 1.0
    far.cancel()


async def test_busy_coroutines_leave_qt_its_turn() -> None:
    painted: list[bool] = []
    timer = QTimer()
    timer.timeout.connect(lambda: painted.append(True))
    timer.start(0)
    for _ in range(20_000):
        await asyncio.sleep(0)
    timer.stop()
    assert len(painted) >= 3


async def test_work_of_a_thread_comes_back_to_the_loop() -> None:
    here = threading.get_ident()
    assert await asyncio.to_thread(threading.get_ident) != here
    woken: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def wake() -> None:
        loop.call_soon_threadsafe(lambda: woken.set_result(threading.get_ident()))

    loop = asyncio.get_running_loop()
    thread = threading.Thread(target=wake)
    thread.start()
    assert await asyncio.wait_for(woken, 5) == here
    thread.join()


async def test_a_nested_qt_loop_inside_a_coroutine_kills_no_other_task() -> None:
    steps = 0

    async def other() -> None:
        nonlocal steps
        while steps < 20:
            steps += 1
            await asyncio.sleep(0.005)

    task = asyncio.create_task(other())
    await asyncio.sleep(0.01)
    nested = QEventLoop()
    QTimer.singleShot(50, nested.quit)
    nested.exec()
    await asyncio.wait_for(task, 5)
    assert steps == 20


async def test_a_socket_on_loopback_carries_bytes_both_ways() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"x" * 50_000 + b"\n")
        assert len(await asyncio.wait_for(reader.readline(), 5)) == 50_001
        writer.close()
        await writer.wait_closed()


def test_thousands_of_qt_calls_cost_no_reference_to_none(qtbot: QtBot) -> None:
    """PySide6 6.12.0 under Python 3.11 dropped one with every call and aborted within minutes."""
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None)
    for _ in range(2_500):
        label.setText("x")
    lost = before - sys.getrefcount(None)
    assert lost < 250


def test_the_exit_code_is_what_main_returns_and_no_window_survives(qapp: QApplication) -> None:
    async def main(_stop_asked: asyncio.Event) -> int:
        label = QLabel("касса")
        label.show()
        await asyncio.sleep(0)
        label.customContextMenuRequested.connect(lambda: label)  # a cycle that only an explicit end breaks
        return 7

    assert run(qapp, main) == 7
    assert qapp.topLevelWidgets() == []


def test_a_failure_of_main_is_raised(qapp: QApplication) -> None:
    async def main(_stop_asked: asyncio.Event) -> int:
        await asyncio.sleep(0)
        raise ValueError("damaged journal")

    with pytest.raises(ValueError, match="damaged journal"):
        run(qapp, main)


def test_the_first_signal_asks_to_stop_and_main_finishes_its_work(qapp: QApplication) -> None:
    async def main(stop_asked: asyncio.Event) -> int:
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(stop_asked.wait(), 5)
        await asyncio.sleep(0.01)
        return 3

    assert run(qapp, main) == 3
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_second_signal_cancels_main(qapp: QApplication) -> None:
    async def main(stop_asked: asyncio.Event) -> int:
        signal.raise_signal(signal.SIGINT)
        await asyncio.wait_for(stop_asked.wait(), 5)
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)
        return 0

    assert run(qapp, main) == 128 + signal.SIGINT


def test_system_exit_in_a_callback_ends_the_loop(qapp: QApplication) -> None:
    async def main(_stop_asked: asyncio.Event) -> int:
        asyncio.get_running_loop().call_soon(sys.exit, 5)
        await asyncio.sleep(60)
        return 0

    with pytest.raises(SystemExit) as left:
        run(qapp, main)
    assert left.value.code == 5


def test_windows_are_deleted_at_once(qapp: QApplication) -> None:
    label = QLabel()
    label.show()
    delete_windows(qapp)
    assert qapp.topLevelWidgets() == []
