import re
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import zxingcpp

from pos_client.training.__main__ import main
from pos_client.training.seed import read_orders, read_people
from pos_client.training.sheet import SheetCode, sheet_codes
from pos_client.training.shop import Shop
from tests.training.till import ANNA, NOON, SetClock, Till, c2c_lines, order_body, sell_task, visit_body


async def test_reset_brings_the_same_shop_again(till: Till, shop: Shop) -> None:
    before = (shop.members(), shop.movements(), shop.payments("1106321645"))
    await till.create(order_body("A-1", c2c_lines(), points=490, total=4500.0))
    await till.pay("1106321645", "key-1", visit_body(tenders=[{"type": "CASH", "sum": 1.0}]))
    await till.perform(sell_task())
    assert (await till.http.post("/_shop/reset")).status_code == 200
    assert (shop.members(), shop.movements(), shop.payments("1106321645")) == before
    assert shop.fiscal_documents() == []


def test_a_shop_on_disk_remembers(tmp_path: Path, clock: SetClock) -> None:
    first = Shop(tmp_path / "shop.sqlite3", clock=clock)
    first.register.device.perform(sell_task())
    first.close()
    second = Shop(tmp_path / "shop.sqlite3", clock=clock)
    assert [one.type for one in second.fiscal_documents()] == ["openShift", "sell"]
    second.close()


async def test_three_days_pass_in_one_call(till: Till, shop: Shop) -> None:
    await till.http.post("/_shop/clock", json={"advance_seconds": 3 * 86400})
    assert shop.clock() == NOON + timedelta(days=3)
    await till.http.post("/_shop/clock", json={"now": "2027-01-01T00:00:00Z"})
    assert shop.clock() == datetime(2027, 1, 1, tzinfo=UTC)
    await till.http.post("/_shop/clock")
    assert shop.clock() == NOON
    assert (await till.http.post("/_shop/clock", json={"now": "soon"})).status_code == 422


async def test_settings_are_changed_over_the_admin_path(till: Till, shop: Shop) -> None:
    await till.http.post("/_shop/settings", json={"async_errors_visible": False, "seconds_per_task": 0.5})
    assert shop.processing.async_errors_visible is False
    assert shop.register.seconds_per_task == 0.5
    assert shop.processing.remember_cancelled is True


async def test_the_shop_remembers_the_calls_it_received(till: Till, shop: Shop) -> None:
    await till.lookup(ids={"cdekId": ANNA})
    call = shop.calls("processing", "Offline.GetCustomerInfo")[0]
    assert (call.status, call.fault) == (200, "")
    assert b"48210967" in call.body
    state = (await till.http.get("/_shop/state")).json()
    assert state["calls"][0]["operation"] == "Offline.GetCustomerInfo"
    assert state["members"][0]["available"] == 620


def test_an_unknown_member_is_a_lookup_error(shop: Shop) -> None:
    with pytest.raises(LookupError):
        shop.balance("40400404")


def test_the_data_set_covers_every_case_of_the_screen() -> None:
    orders = read_orders()
    numbers = [one["number"] for one in orders]
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"\d{10,11}", number) for number in numbers)
    assert {one["type"] for one in orders} == {1, 2}
    assert any(one["to"][1] != "RU" for one in orders)
    assert any(one["status"][0] == "DELIVERED" for one in orders)
    assert any(item[3] > 1 for one in orders for item in one.get("items", []))
    codes = [one["code"] for one in read_people()["people"]]
    assert len(codes) - len(set(codes)) == 1
    assert all(re.fullmatch(r"\d{4,8}", code) for code in codes)


@pytest.mark.parametrize("group", ["CDEK ID", "Заказы"])
def test_codes_of_the_sheet_read_back(group: str) -> None:
    codes = [one for one in sheet_codes() if one.group == group]
    assert len(codes) >= 8
    for one in codes:
        assert one.title
        assert [found.text for found in zxingcpp.read_barcodes(_picture(one))] == [one.text]
        assert one.svg().count("<rect") == 1 + sum(sum(row) for row in one.rows)


def test_the_shop_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pos_client.training", "--port", "0", "--data", str(tmp_path), "--reset"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own interpreter
        assert process.stdout is not None
        address = process.stdout.readline().rpartition(" ")[2].strip()
        hang = {"service": "processing", "kind": "hang", "times": None}
        assert httpx.post(f"{address}/_shop/faults", json=hang).status_code == 201
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{address}/v3/operations/sync", timeout=0.2)
        process.terminate()
        assert process.wait(10) in (0, -15)
    assert (tmp_path / "shop.sqlite3").exists()


def test_a_taken_port_is_one_clear_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--data", str(tmp_path)]) == 1
    assert f"Не удалось занять порт {port}" in capsys.readouterr().err


def _picture(code: SheetCode) -> memoryview:
    """The code as grey pixels, three to a module, with its quiet zone."""
    scale, quiet = 3, 12
    width = (len(code.rows[0]) + 2 * quiet) * scale
    tall = code.rows * (30 if len(code.rows) == 1 else 1)
    blank = b"\xff" * width
    side = b"\xff" * (quiet * scale)
    lines = [side + b"".join((b"\x00" if one else b"\xff") * scale for one in row) + side for row in tall]
    pixels = blank * (quiet * scale) + b"".join(one * scale for one in lines) + blank * (quiet * scale)
    return memoryview(pixels).cast("B", (len(pixels) // width, width))
