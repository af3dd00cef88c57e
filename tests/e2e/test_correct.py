"""A wrong receipt put right from the command line, also by a second try after the first was killed."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pos_client.__main__ import _TAXATIONS
from pos_client.adapters.receipt_json import TAXATIONS
from pos_client.app import Till, make_cipher
from pos_client.places import data_folder, key_file
from pos_client.services import real_time
from pos_client.settings import load
from pos_client.train import ShopProcess, training_settings
from pos_client.training.faults import Fault
from pos_client.training.server import running
from pos_client.training.shop import Shop
from pos_client.training.store import FILE_NAME
from tests.tills import C2C, replace_register, sold

_WITHIN = 60

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="homes and signals as on Linux")


async def until(happened: Callable[[], bool]) -> None:
    """Look often, until it has happened."""
    async with asyncio.timeout(_WITHIN):
        while not happened():  # noqa: ASYNC110 - others act here, and the register rings no bell
            await asyncio.sleep(0.02)


@dataclass(frozen=True, slots=True)
class Place:
    """A computer with a till before a shop: where its settings and data lie."""

    shop: Shop
    url: str
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "settings.toml"

    def set_up(self, *, acceptance_settles: bool) -> None:
        """Write the settings, with what accounting decides."""
        url = json.dumps(self.url)
        self.config.write_text(
            f"""
[till]
office = "MSK548"
data_folder = {json.dumps(str(self.folder / "data"))}
[orders]
address = {url}
client_id = "training-client"
client_secret = "training-client-secret"
[processing]
address = {url}
secret_key = "training-secret-key"
[cash_register]
address = {url}
acceptance_settles = {str(acceptance_settles).lower()}
""",
            encoding="utf-8",
        )

    def till(self) -> Till:
        (self.folder / "data").mkdir(exist_ok=True)
        settings = load(self.config)
        return Till(
            settings, self.folder / "data", training=False, cipher=make_cipher(settings, key_file(), training=False)
        )

    async def sell(self) -> int:
        """Sell an order; returns the number of its document."""
        async with self.till() as till:
            sale = await sold(till, C2C)
        assert sale.document is not None
        return sale.document.number

    def started(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pos_client", "correct", "--config", str(self.config), *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own program

    def correct(self, *words: str) -> tuple[int, str]:
        """The command to its end: its exit code, and what it said."""
        with self.started(*words) as process:
            said, errors = process.communicate(timeout=_WITHIN)
        assert not errors
        return process.returncode, said

    async def correct_until_killed(self, number: int) -> None:
        """The command, killed when the register has taken the wrong receipt back, before it hears so."""
        self.shop.faults.set(Fault("register", "hang", "sellReturnCorrection", after=True))
        self.shop.faults.set(Fault("register", "hang", "poll", times=None))
        with self.started("--document", str(number)) as process:
            await until(lambda: bool(self.corrections()))
            process.send_signal(signal.SIGKILL)
        assert (process.returncode, self.corrections()) == (-signal.SIGKILL, [UNDONE])
        self.shop.faults.lift()

    def corrections(self) -> list[tuple[str, set[str]]]:
        """Kinds of the corrections that the register has, with the signs of settlement in them."""
        return [
            (one.type, {item["paymentMethod"] for item in one.task["items"] if item["type"] == "position"})
            for one in self.shop.fiscal_documents()
            if "Correction" in one.type
        ]


UNDONE = ("sellReturnCorrection", {"fullPrepayment"})
DONE = ("sellCorrection", {"fullPayment"})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    shop = Shop()
    with running(shop) as server:
        found = Place(shop, server.url, tmp_path)
        found.set_up(acceptance_settles=False)
        yield found
    shop.close()


async def test_a_wrong_receipt_is_taken_back_and_the_right_one_follows_once(place: Place) -> None:
    number = await place.sell()
    assert place.correct("--document", str(number))[0] == 2, "by the rules of the sale nothing is wrong"
    place.set_up(acceptance_settles=True)
    for _ in range(2):
        assert place.correct("--document", str(number), "--why", "способ расчёта") == (
            0,
            f"Чек № {number} исправлен: № {number + 1} снимает его, № {number + 2} говорит верно.\n",
        )
        assert place.corrections() == [UNDONE, DONE]
    for one in place.shop.fiscal_documents()[-2:]:
        assert one.task["postItems"][-1]["text"] == "способ расчёта"


async def test_what_a_killed_command_has_begun_is_finished_by_the_next_one_once(place: Place) -> None:
    number = await place.sell()
    place.set_up(acceptance_settles=True)
    await place.correct_until_killed(number)
    assert place.correct("--document", str(number))[0] == 0
    assert place.corrections() == [UNDONE, DONE]


async def test_what_a_killed_command_has_begun_is_finished_by_the_till_when_it_starts(place: Place) -> None:
    number = await place.sell()
    place.set_up(acceptance_settles=True)
    await place.correct_until_killed(number)
    async with place.till() as till:
        work = asyncio.create_task(till.run())
        await until(lambda: len(place.corrections()) > 1)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        await till.finish_corrections()
    assert place.corrections() == [UNDONE, DONE]


async def test_a_receipt_that_should_not_be_is_only_taken_back_and_for_a_reason(place: Place) -> None:
    number = await place.sell()
    assert place.correct("--document", str(number), "--undo")[0] == 2
    assert place.corrections() == []
    assert place.correct("--document", str(number), "--undo", "--why", "пробит дважды")[0] == 0
    assert place.corrections() == [UNDONE]


async def test_a_step_of_which_no_register_can_tell_is_signed_for(place: Place) -> None:
    number = await place.sell()
    place.set_up(acceptance_settles=True)
    await place.correct_until_killed(number)
    replace_register(place.shop, real_time)
    code, said = place.correct("--document", str(number))
    assert (code, "--paper НОМЕР" in said, place.corrections()) == (1, True, [])
    code, said = place.correct("--document", str(number), "--paper", str(number))
    assert (code, "пробит раньше" in said, place.corrections()) == (2, True, [])
    code, said = place.correct("--document", str(number), "--paper", str(number + 1))
    assert (code, f"№ {number + 1} снимает его" in said, place.corrections()) == (0, True, [DONE])


async def test_nothing_is_corrected_on_the_folder_of_a_running_till(place: Place) -> None:
    number = await place.sell()
    place.set_up(acceptance_settles=True)
    async with place.till():
        code, said = await asyncio.to_thread(place.correct, "--document", str(number))
    assert (code, "уже работает касса" in said, place.corrections()) == (2, True, [])


async def test_a_document_that_this_till_never_sold_is_named(place: Place) -> None:
    number = await place.sell()
    code, said = place.correct("--document", str(number + 1000))
    assert (code, f"№ {number + 1000} у этой кассы нет" in said) == (2, True)


async def test_the_order_service_hears_of_it_before_the_command_ends_or_it_is_said_that_it_has_not(
    place: Place,
) -> None:
    number = await place.sell()
    place.set_up(acceptance_settles=True)
    place.shop.faults.set(Fault("counter", "http-500", "pay", times=None))
    code, said = await asyncio.to_thread(place.correct, "--document", str(number))
    assert (code, "Сервис заказов этого ещё не знает" in said) == (0, True)
    place.shop.faults.lift()
    code, said = await asyncio.to_thread(place.correct, "--document", str(number))
    assert (code, said.endswith("говорит верно.\n"), len(place.shop.calls("counter", "correct"))) == (0, True, 1)


async def test_a_receipt_of_the_training_till_is_corrected_in_the_training_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    folder = data_folder(training=True)
    command = [sys.executable, "-m", "pos_client", "train", "--why", "система налогообложения", "--correct"]
    (folder / "shop").mkdir(parents=True)
    process = ShopProcess(folder / "shop")
    try:
        settings = training_settings(await asyncio.to_thread(process.wait_for_url))
        cipher = make_cipher(settings, folder / "queue.key", training=True)
        async with Till(settings, folder, training=True, cipher=cipher) as till:
            sale = await sold(till, C2C)
    finally:
        await asyncio.to_thread(process.stop)
    assert sale.document is not None
    number = sale.document.number
    said = [
        await asyncio.to_thread(
            subprocess.run,
            [*command, str(number), *words],
            capture_output=True,
            text=True,
            timeout=_WITHIN,
            check=False,
        )
        for words in ([], ["--taxation", "usnIncome"])
    ]
    assert [one.returncode for one in said] == [2, 0], said
    assert "исправлять нечего" in said[0].stdout
    assert said[1].stdout.startswith(f"Чек № {number} исправлен")
    shop = Shop(folder / "shop" / FILE_NAME)
    made = [(one.type, one.task["taxationType"]) for one in shop.fiscal_documents() if one.type.startswith("sell")]
    shop.close()
    assert made == [("sell", "osn"), ("sellReturnCorrection", "osn"), ("sellCorrection", "usnIncome")]


def test_the_words_for_taxation_are_those_of_the_settings() -> None:
    assert tuple(TAXATIONS) == _TAXATIONS
