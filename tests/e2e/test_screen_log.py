"""The screen log: what support reads tells the whole sale, names nobody, and can be played again."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pos_client.domain.sale import Sale
from pos_client.ui.keys import Gestures
from pos_client.ui.presenter import PosPresenter
from pos_client.ui.screen_log import ScreenLog
from pos_client.ui.theme import load_theme
from pos_client.ui.window import PosWindow
from tests.hands import wait_until
from tests.tills import ANNA, C2C, Time, open_till, shop_at

CODES = (ANNA, C2C)
SESSION = [
    ("scanned", ""),
    ("scanned", ""),
    ("points", ""),
    ("part", ""),
    ("typed", "1"),
    ("typed", "5"),
    ("typed", "0"),
    ("typed", "0"),
    ("confirm", ""),
    ("typed", "2"),
    ("typed", "0"),
    ("typed", "0"),
    ("typed", "0"),
    ("confirm", ""),
]

Line = dict[str, Any]


@asynccontextmanager
async def till_with_a_window(folder: Path) -> AsyncIterator[tuple[PosPresenter, list[Sale]]]:
    """A fresh till at a fresh shop behind a window; the list gets the sale that was finished."""
    clock = Time()
    finished: list[Sale] = []
    with shop_at(clock) as shop:
        async with open_till(shop, folder, clock) as till:
            window = PosWindow(load_theme())
            presenter = PosPresenter(till.desk, window, Gestures(window), log=ScreenLog(folder / "screen.jsonl"))
            try:
                yield presenter, finished
                await wait_until(lambda: till.desk.state.last is not None)
                last = till.desk.state.last
                finished.extend([last] if last else [])
            finally:
                await presenter.close()
                window.may_close = True
                window.close()
                window.deleteLater()


async def played(folder: Path, gestures: list[tuple[str, str]]) -> tuple[list[Line], Sale]:
    """Do the gestures one after the other, each when the one before has come to rest."""
    codes: Iterator[str] = iter(CODES)
    async with till_with_a_window(folder) as (presenter, finished):
        for name, about in gestures:
            match name:
                case "scanned":
                    presenter.on_scanned(next(codes))
                case "typed":
                    presenter.on_typed(about)
                case _:
                    presenter.on_asked(name)
            await wait_until(lambda: not len(presenter._tasks))
    text = (folder / "screen.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()], finished[0]


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def money_shown(lines: list[Line]) -> list[object]:
    """What the money panel showed, in order."""
    shown = [line["shown"] for line in lines if "shown" in line]
    return [part["counter"]["money"] for part in shown if part.get("counter")]


async def test_a_session_is_played_again_from_its_log_alone(tmp_path: Path) -> None:
    lines, sale = await played(made(tmp_path / "first"), SESSION)
    gestures = [(line["gesture"], line.get("about", "")) for line in lines if "gesture" in line]
    again, same = await played(made(tmp_path / "again"), gestures)
    assert (same.taken, same.takings.change, same.points_asked) == (sale.taken, sale.takings.change, sale.points_asked)
    assert sale.taken.kopecks == 150000
    assert sale.takings.change.kopecks == 50000
    assert money_shown(again)[-1] == money_shown(lines)[-1]


async def test_the_log_names_nobody(tmp_path: Path) -> None:
    await played(made(tmp_path / "till"), SESSION)
    text = (tmp_path / "till" / "screen.jsonl").read_text(encoding="utf-8")
    assert "Смирнова" not in text
    assert ANNA not in text
    assert "С. А." in text
