"""The doctor before a live processing, and the tools of the managing company."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_client.bundled import bundled
from pos_client.conditions.command import main as conditions
from pos_client.doctor import Finding, examine, is_healthy, report
from pos_client.training.server import running
from pos_client.training.shop import Shop
from tests.adapters.conditions_maker import KEY, OTHER_KEY, PROJECT, issue

_WITHIN = 60
ANNA = "48210967"


def run(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data")}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "pos_client", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=False,
    )


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.close()


@pytest.fixture
def url(shop: Shop) -> Iterator[str]:
    with running(shop) as server:
        yield server.url


def settings(folder: Path, url: str, *, processing: str = "", conditions: str = "") -> Path:
    """Settings of a real till that happens to stand before the training shop."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "settings.toml"
    file.write_text(
        f"""
[till]
office = "MSK548"
data_folder = {json.dumps(str(folder / "till-data"))}
[orders]
address = "{url}"
client_id = "training-client"
client_secret = "training-client-secret"
[processing]
address = "{url}"
secret_key = "training-secret-key"
{processing}
[cash_register]
address = "{url}"
[conditions]
{conditions}
""",
        encoding="utf-8",
    )
    return file


def following(url: str, key: str = KEY.public) -> str:
    return f'project = "{PROJECT}"\npublic_keys = ["{key}"]\nfile = "from-above.json"\naddress = "{url}/conditions/v1"'


def examined(file: Path, member: str = "") -> dict[str, Finding]:
    return {one.about: one for one in asyncio.run(examine(file, member))}


def bad(found: dict[str, Finding]) -> set[str]:
    return {about for about, one in found.items() if one.good is False}


def told(*words: str) -> tuple[int, str]:
    """What the tool of the managing company says, and its exit code."""
    lines: list[str] = []
    return conditions([*words], lines.append), "\n".join(lines)


def test_a_project_with_the_right_names_is_healthy_and_its_clock_agrees(tmp_path: Path, url: str) -> None:
    done = run("doctor", "--json", "--config", str(settings(tmp_path, url)), "--member", ANNA, home=tmp_path)
    said = json.loads(done.stdout)
    found = {one["about"]: one for one in said["findings"]}
    assert (done.returncode, said["healthy"]) == (0, True), said
    assert found["Проект: часы"]["good"] is True
    assert found["Проект: уровень"]["good"] is True


def test_wrong_names_are_each_a_sentence_with_what_to_do(tmp_path: Path, url: str) -> None:
    wrong = 'balance = "Bonus"\npaid = "Оплочен"\nhistory = "Offline.History"'
    file = settings(tmp_path, url, processing=wrong)
    found = examined(file)
    assert bad(found) == {"Проект: счёт баллов", "Проект: статус paid", "Проект: history"}
    assert not is_healthy([*found.values()])
    printed = report([*found.values()], as_json=False)
    assert "✗ Проект: счёт баллов: счёта «Bonus» нет, есть: Main → Впишите системное имя счёта" in printed


def test_the_doctor_leaves_no_trace_in_processing_and_none_on_the_shelf(tmp_path: Path, shop: Shop, url: str) -> None:
    (tmp_path / "from-above.json").write_bytes(issue(3, processing={}))
    shop.published.content = issue(4, processing={})
    before = (shop.members(), shop.messages(), shop.movements())
    found = examined(settings(tmp_path, url, conditions=following(url)))
    assert not bad(found)
    assert (shop.members(), shop.messages(), shop.movements()) == before
    assert not (tmp_path / "till-data").exists()
    assert found["Условия"].words.startswith("№ 3, подпись верна")
    assert found["Адрес условий"].words == "опубликованы № 4"


def test_the_project_is_checked_by_the_names_that_conditions_bring(tmp_path: Path, url: str) -> None:
    (tmp_path / "from-above.json").write_bytes(issue(3, processing={"balance": "Bonus"}))
    found = examined(settings(tmp_path, url, conditions=following(url)))
    assert "«Bonus»" in found["Проект: счёт баллов"].words


def test_conditions_of_a_stranger_are_told_and_not_followed(tmp_path: Path, url: str) -> None:
    (tmp_path / "from-above.json").write_bytes(issue(3, key=OTHER_KEY, processing={"balance": "Bonus"}))
    found = examined(settings(tmp_path, url, conditions=following(url)))
    assert found["Условия"].good is False
    assert found["Проект: счёт баллов"].good is True


def test_conditions_that_nobody_could_check_are_a_wrong_setting(tmp_path: Path) -> None:
    file = settings(tmp_path, "http://127.0.0.1:9", conditions='project = "A"\nfile = "from-above.json"')
    code, said = told("check", "--config", str(file))
    assert (code, said.startswith("[conditions].public_keys: не задано")) == (1, True)


# -------------------------------------------------------------------------------------- the managing company's tools

SOURCE = f"""
serial = 5
project = "{PROJECT}"
issued = 2025-01-01T00:00:00Z
valid_from = 2025-01-01T00:00:00Z
[processing]
balance = "Bonus"
"""


def test_a_key_is_made_conditions_are_signed_shown_and_checked(tmp_path: Path) -> None:
    key, source, out = tmp_path / "key.txt", tmp_path / "conditions.toml", tmp_path / "from-above.json"
    source.write_text(SOURCE, encoding="utf-8")
    made = run("conditions", "new-key", "2026-11", str(key), home=tmp_path)
    assert made.returncode == 0, made.stderr
    public = made.stdout.split('["')[1].split('"]')[0]
    assert key.read_text(encoding="ascii").split(":")[2].strip() not in made.stdout
    if os.name == "posix":
        assert key.stat().st_mode & 0o077 == 0
    assert told("sign", str(source), "--key", str(key), "--out", str(out))[0] == 0
    shown = told("show", str(out))[1]
    assert '"balance": "Bonus"' in shown
    assert "подпись не проверена" in shown
    assert told("check", str(out), "--public-key", public)[0] == 0
    file = settings(
        tmp_path,
        "http://127.0.0.1:9",
        conditions=f'project = "{PROJECT}"\npublic_keys = ["{public}"]\nfile = "from-above.json"',
    )
    code, said = told("check", str(out), "--config", str(file))
    assert (code, "касса их примет" in said) == (0, True)


def test_a_private_key_is_never_written_over_another(tmp_path: Path) -> None:
    key = tmp_path / "key.txt"
    key.write_text("precious", encoding="ascii")
    assert told("new-key", "2026-11", str(key))[0] == 1
    assert key.read_text(encoding="ascii") == "precious"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (SOURCE.replace("balance", "adress"), "[processing].adress: такого ключа нет"),
        (SOURCE + 'address = "http://elsewhere"', "[processing].address задаётся только в настройках кассы"),
        (SOURCE.replace("serial", "seriall"), "[seriall]: такого ключа нет, есть serial"),
        ("serial =", "не читаются"),
    ],
)
def test_what_tills_would_refuse_is_not_signed(tmp_path: Path, source: str, said: str) -> None:
    key, file, out = tmp_path / "key.txt", tmp_path / "conditions.toml", tmp_path / "from-above.json"
    key.write_text(KEY.text, encoding="ascii")
    file.write_text(source, encoding="utf-8")
    code, answer = told("sign", str(file), "--key", str(key), "--out", str(out))
    assert (code, out.exists()) == (1, False)
    assert said in answer


def test_a_file_that_was_changed_after_signing_fails_the_check(tmp_path: Path) -> None:
    out = tmp_path / "from-above.json"
    out.write_bytes(issue(5).replace(b"Balance5", b"Balance6"))
    code, said = told("check", str(out), "--public-key", KEY.public)
    assert (code, "Подпись не сходится" in said) == (1, True)


def test_the_training_conditions_are_their_source_signed_with_the_key_beside_them(tmp_path: Path) -> None:
    folder, out = bundled("training/from_above"), tmp_path / "again.json"
    code, _ = told("sign", str(folder / "conditions.toml"), "--key", str(folder / "signing-key.txt"), "--out", str(out))
    assert code == 0
    assert out.read_bytes() == (folder / "conditions.json").read_bytes(), "sign conditions.toml anew"
