"""The program as it is started: words, exit codes, and one clear sentence when something is missing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_client.adapters.books import Books
from pos_client.training.server import running
from pos_client.training.shop import Shop

_WITHIN = 60


def run(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The program with a home of its own, to its end."""
    env = os.environ | {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "pos_client", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )


@pytest.fixture
def shop_url() -> Iterator[str]:
    shop = Shop()
    with running(shop) as server:
        yield server.url
    shop.close()


def live_settings(folder: Path, url: str, **wrong: str) -> Path:
    """Settings of a real till that happens to stand before the training shop."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {
        "office": '"MSK548"',
        "data_folder": json.dumps(str(folder / "till-data")),
        "orders_address": json.dumps(url),
        "processing_address": json.dumps(url),
        "register_address": json.dumps(url),
        "secret_key": '"training-secret-key"',
    } | wrong
    file = folder / "settings.toml"
    file.write_text(
        f"""
[till]
office = {keys["office"]}
data_folder = {keys["data_folder"]}
[orders]
address = {keys["orders_address"]}
client_id = "training-client"
client_secret = "training-client-secret"
[processing]
address = {keys["processing_address"]}
secret_key = {keys["secret_key"]}
[cash_register]
address = {keys["register_address"]}
""",
        encoding="utf-8",
    )
    return file


def test_the_version_is_one_line(tmp_path: Path) -> None:
    done = run("--version", home=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("pos-client ")


def test_a_till_without_settings_says_where_they_belong(tmp_path: Path) -> None:
    done = run(home=tmp_path)
    assert done.returncode == 2
    assert "settings.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_is_named_in_one_sentence(tmp_path: Path) -> None:
    file = live_settings(tmp_path, "http://127.0.0.1:9", processing_address='"куда-нибудь"')
    done = run("--config", str(file), home=tmp_path)
    assert done.returncode == 2
    assert "[processing].address" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_secret_that_cannot_travel_is_a_wrong_setting(tmp_path: Path) -> None:
    file = live_settings(tmp_path, "http://127.0.0.1:9", secret_key='"не тот ключ"')  # noqa: S106 - a wrong one
    done = run("doctor", "--config", str(file), home=tmp_path)
    assert done.returncode == 1
    assert "[processing].secret_key" in done.stdout


def test_the_doctor_finds_a_healthy_till(tmp_path: Path, shop_url: str) -> None:
    file = live_settings(tmp_path, shop_url)
    done = run("doctor", "--json", "--config", str(file), home=tmp_path)
    found = json.loads(done.stdout)
    assert (done.returncode, found["healthy"]) == (0, True), found
    assert {"Версии", "Настройки", "Заказы", "Баллы", "ККТ"} <= {one["about"] for one in found["findings"]}


def test_the_doctor_looks_at_the_book_of_debts_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    file, book = live_settings(tmp_path, "http://127.0.0.1:9"), tmp_path / "till-data" / "books.sqlite3"
    book.parent.mkdir()
    Books(book).close()
    before = book.read_bytes()
    assert finding_about_debts(file, tmp_path) == (True, "цела, баллы ещё обещаны: 0")
    assert book.read_bytes() == before
    book.write_bytes(b"no database at all " * 100)
    assert finding_about_debts(file, tmp_path) == (False, "Книга долгов повреждена: позвоните в поддержку.")


def finding_about_debts(settings: Path, home: Path) -> tuple[bool, str]:
    said = json.loads(run("doctor", "--json", "--config", str(settings), home=home).stdout)
    (found,) = [one for one in said["findings"] if one["about"] == "Книга долгов"]
    return found["good"], found["words"]


def test_the_doctor_names_what_does_not_answer(tmp_path: Path, shop_url: str) -> None:
    file = live_settings(tmp_path, shop_url, register_address='"http://127.0.0.1:9"', secret_key='"another-key"')  # noqa: S106 - a wrong one
    done = run("doctor", "--json", "--config", str(file), home=tmp_path)
    found = {one["about"]: one["good"] for one in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert (found["Заказы"], found["Баллы"], found["ККТ"]) == (True, False, False)


def test_the_doctor_without_settings_is_not_healthy_and_does_not_fall(tmp_path: Path) -> None:
    done = run("doctor", home=tmp_path)
    assert done.returncode == 1
    assert "✗ Настройки" in done.stdout


def test_the_sheet_is_a_pdf(tmp_path: Path) -> None:
    done = run("train", "--sheet", str(tmp_path / "sheet.pdf"), home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")


def test_a_second_till_on_the_same_folder_says_so(tmp_path: Path, shop_url: str) -> None:
    file = live_settings(tmp_path, shop_url)
    log = tmp_path / "screen.jsonl"
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)}
    words = [sys.executable, "-m", "pos_client", "--config", str(file), "--screen-log", str(log)]
    first = subprocess.Popen(words, env=env)  # noqa: S603 - our own program
    try:
        wait_for(log)
        second = run("--config", str(file), home=tmp_path)
        assert second.returncode == 1
        assert str(first.pid) in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        first.terminate()
        assert first.wait(_WITHIN) == 0


def wait_for(file: Path) -> None:
    """Wait until a file has something in it, by asking the system, not the clock."""
    for _ in range(_WITHIN * 100):
        if file.exists() and file.stat().st_size:
            return
        subprocess.run([sys.executable, "-c", ""], check=True)
    raise TimeoutError(f"{file} stays empty")


def test_a_misspelt_key_is_named_before_the_one_it_was_meant_to_be(tmp_path: Path) -> None:
    file = live_settings(tmp_path, "http://127.0.0.1:9")
    file.write_text(file.read_text(encoding="utf-8").replace("office =", "ofice ="), encoding="utf-8")
    done = run("doctor", "--config", str(file), home=tmp_path)
    assert "[till].ofice" in done.stdout


def test_a_fresh_training_forgets_what_the_till_remembers_too(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "pos-client" / "training"
    folder.mkdir(parents=True)
    (folder / "journal.sqlite3").write_bytes(b"of another day")
    (folder / "outbox.sqlite3").write_bytes(b"of another day")
    log = tmp_path / "screen.jsonl"
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    words = [sys.executable, "-m", "pos_client", "train", "--fresh", "--port", "0", "--screen-log", str(log)]
    till = subprocess.Popen(words, env=env)  # noqa: S603 - our own program
    try:
        wait_for(log)
    finally:
        till.terminate()
        assert till.wait(_WITHIN) == 0
    assert (folder / "journal.sqlite3").read_bytes().startswith(b"SQLite format 3")


def test_a_shop_of_its_own_says_that_it_is_not_the_shop_of_the_training_till(tmp_path: Path, shop_url: str) -> None:
    taken = shop_url.rpartition(":")[2]
    new = run("train", "--shop-only", "--port", taken, home=tmp_path)
    kept = run("train", "--shop-only", "--port", taken, "--data", str(tmp_path / "shop"), home=tmp_path)
    assert [done.returncode for done in (new, kept)] == [1, 1], "the port is taken, so that both end"
    training = tmp_path / "data" / "pos-client" / "training" / "shop"
    assert f"--data {training}" in new.stderr
    assert "новый магазин" not in kept.stderr
