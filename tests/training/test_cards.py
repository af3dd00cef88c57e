import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pos_client.training.card_terminal import CARD, FULL_CARD, TERMINAL
from pos_client.training.faults import Fault
from pos_client.training.server import ShopServer, running
from pos_client.training.shop import Shop
from pos_client.training.upos import install
from tests.training.till import Till


@pytest.fixture
def server(shop: Shop) -> Iterator[ShopServer]:
    with running(shop) as server:
        yield server


def run(folder: Path, program: str, *words: str) -> int:
    """The program as a till runs it; its exit code."""
    return subprocess.run([folder / program, *words], cwd=folder, timeout=20, check=False).returncode  # noqa: S603 - ours


def left(folder: Path, name: str) -> str:
    return (folder / name).read_bytes().decode("cp866")


async def ask(till: Till, **fields: str) -> tuple[httpx.Response, dict[str, str]]:
    wanted = {"25": "1", "27": TERMINAL, **{name.removeprefix("f"): value for name, value in fields.items()}}
    inside = "".join(f'<field id="{name}">{value}</field>' for name, value in wanted.items())
    answer = await till.http.post("/dualconnector/", content=f"<request>{inside}</request>".encode("cp1251"))
    parts = answer.content.decode("cp1251").split('<field id="')[1:]
    return answer, {part[:2]: part[4:].partition("</field>")[0] for part in parts}


# ------------------------------------------------------------------------------------------------------------- UPOS


def test_the_program_leaves_a_result_and_a_slip(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    assert run(tmp_path, program, "1", "25000") == 0
    result = left(tmp_path, "e").splitlines()
    done = server.shop.terminal.operations()[0]
    assert result[:2] == ["0,ОДОБРЕНО", CARD]
    assert (result[3], result[7], result[9]) == (done.code, TERMINAL, done.reference)
    assert "250.00" in left(tmp_path, "p")
    assert f"Код авторизации: {done.code}" in left(tmp_path, "p")


def test_a_no_is_a_code_and_an_exit_code(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    server.shop.faults.set(Fault("terminal", "card-settlement"))
    assert run(tmp_path, program, "1", "25000") != 0
    assert left(tmp_path, "e").startswith("4134,")
    assert not server.shop.terminal.operations()


def test_the_last_slip_can_be_had_again_and_none_at_first(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    assert run(tmp_path, program, "12") != 0
    run(tmp_path, program, "1", "100")
    run(tmp_path, program, "3", "200")
    assert run(tmp_path, program, "12") == 0
    assert "ПОВТОР" in left(tmp_path, "p")
    assert "Возврат" in left(tmp_path, "p")


def test_a_settlement_closes_what_is_open(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    run(tmp_path, program, "1", "30000")
    run(tmp_path, program, "3", "10000")
    assert run(tmp_path, program, "7") == 0
    assert "Итого (Руб): 200.00" in left(tmp_path, "p")
    assert all(one.settled for one in server.shop.terminal.operations())
    run(tmp_path, program, "7")
    assert "Операций: 0" in left(tmp_path, "p")


@pytest.mark.parametrize("words", [("1",), ("1", "0"), ("1", "-5"), ("1", "x"), ("999",)])
def test_nonsense_charges_nothing(server: ShopServer, tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(tmp_path, install(tmp_path, server.url), *words) != 0
    assert not server.shop.terminal.operations()


def test_a_lost_answer_leaves_no_files_and_the_charge(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    server.shop.faults.set(Fault("terminal", "lose-answer"))
    assert run(tmp_path, program, "1", "25000") != 0
    assert not (tmp_path / "e").exists()
    assert len(server.shop.terminal.operations()) == 1


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of other systems")
def test_a_killed_program_dies_and_the_charge_stays(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    server.shop.faults.set(Fault("terminal", "hang", after=True))
    with subprocess.Popen([tmp_path / program, "1", "25000"], cwd=tmp_path) as process:  # noqa: S603 - ours
        assert server.shop.faults.wait_for_hanging(1, 10)
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
    assert not (tmp_path / "e").exists()
    assert len(server.shop.terminal.operations()) == 1


def test_a_terminal_that_waits_for_a_card_answers_nothing_else(server: ShopServer, tmp_path: Path) -> None:
    program = install(tmp_path, server.url)
    server.shop.faults.set(Fault("terminal", "slow", operation="pay", seconds=30.0))
    with subprocess.Popen([tmp_path / program, "1", "25000"], cwd=tmp_path) as process:  # noqa: S603 - ours
        assert server.shop.faults.wait_for_hanging(1, 10)
        other = tmp_path / "other"
        assert run(other, install(other, server.url), "12") != 0
        assert left(other, "e").startswith("115,")
        server.shop.faults.release()
        process.wait(10)
    assert run(tmp_path, program, "47", "2") == 0


# ------------------------------------------------------------------------------------------------------------ INPAS


async def test_dualconnector_approves_by_its_fields(till: Till, shop: Shop) -> None:
    answer, fields = await ask(till, f00="25000", f04="643")
    done = shop.terminal.operations()[0]
    assert answer.headers["content-type"].startswith("text/xml")
    assert (fields["39"], fields["00"], fields["13"], fields["14"]) == ("1", "25000", done.code, done.reference)
    assert fields["90"].count("ОДОБРЕНО") == 2


async def test_a_refund_needs_its_payment(till: Till, shop: Shop) -> None:
    _, paid = await ask(till, f00="25000", f04="643")
    _, no = await ask(till, f00="25000", f04="643", f25="29", f14="610000009999")
    _, yes = await ask(till, f00="25000", f04="643", f25="29", f14=paid["14"])
    assert (no["39"], yes["39"]) == ("16", "1")
    assert [one.kind for one in shop.terminal.operations()] == ["pay", "refund"]


async def test_a_status_is_told_by_the_tills_own_id(till: Till, shop: Shop) -> None:
    _, paid = await ask(till, f00="25000", f04="643", f14="ours")
    _, known = await ask(till, f25="52", f14="ours")
    _, unknown = await ask(till, f25="52", f14="theirs")
    assert (known["39"], known["14"]) == ("1", paid["14"])
    assert (unknown["39"], unknown["15"]) == ("16", "25")
    shop.inpas.status_known = False
    assert (await ask(till, f25="52", f14="ours"))[1]["15"] == "12"


async def test_another_terminal_is_not_there(till: Till) -> None:
    assert (await ask(till, f27="1"))[0].status_code == 404


async def test_only_the_fault_that_forgets_shows_a_whole_card(till: Till, shop: Shop) -> None:
    _, fields = await ask(till, f00="100", f04="643")
    assert FULL_CARD not in fields["90"]
    shop.faults.set(Fault("terminal", "card-full-number"))
    _, fields = await ask(till, f00="100", f04="643")
    assert FULL_CARD in fields["90"]


# ------------------------------------------------------------------------------------------------------------- page


async def test_the_page_shows_charges_and_forgets_them_at_a_new_start(till: Till) -> None:
    await ask(till, f00="100", f04="643")
    shown = (await till.http.get("/_shop/state")).json()["cards"]
    assert [(one["kind"], one["amount"]) for one in shown] == [("pay", 1.0)]
    assert (await till.http.post("/_shop/reset")).json()["cards"] == []
