import asyncio
import os
import subprocess
import sys
from pathlib import Path

from pos_client.ui.single_instance import SingleInstance
from tests.hands import wait_signal


def second_till(folder: Path) -> subprocess.CompletedProcess[str]:
    """The real program on the same data folder, in a process of its own, to its end."""
    folder.mkdir(exist_ok=True)
    settings = folder.with_name("settings.toml")
    settings.write_text(f"[till]\ndata_folder = '{folder}'\n", encoding="utf-8")
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "pos_client", "--config", str(settings)],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_a_second_till_calls_the_first_to_the_front_and_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    first = SingleInstance(folder)
    assert first.acquire()
    first.hear()
    try:
        starting: list[asyncio.Task[subprocess.CompletedProcess[str]]] = []
        await wait_signal(
            first.asked_to_show,
            lambda: starting.append(asyncio.create_task(asyncio.to_thread(second_till, folder))),
            seconds=60,
        )
        second = await starting[0]
        assert second.returncode == 1
        assert str(os.getpid()) in second.stderr
    finally:
        first.release()


async def test_a_till_that_was_let_go_leaves_the_folder_free(tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()
