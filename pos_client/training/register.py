"""The cash register of the shop: ATOL Web Server API v2 with one device that does one task at a time."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import datetime

from pos_client.training.device import Device
from pos_client.training.fiscal_storage import RegisterNames
from pos_client.training.receipt_rules import DESCRIPTIONS, DeviceError
from pos_client.training.store import Store
from pos_client.training.wire import Answer, JsonObject

__all__ = ["Register"]

_QUERIES = {
    "queryDeviceStatus": "getDeviceStatus",
    "queryDeviceInfo": "getDeviceInfo",
    "queryShiftStatus": "getShiftStatus",
    "queryFnInfo": "getFnInfo",
    "queryFnStatus": "getFnStatus",
    "queryOfdExchangeStatus": "ofdExchangeStatus",
}


class Register:
    """State of the device and its queue of tasks.

    `seconds_per_task` is how long the device takes for a task: until then a poll says `wait` or `inProgress`.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime], names: RegisterNames) -> None:
        self.seconds_per_task = 0.0
        self.device = Device(store, clock, names)
        self._store = store
        self._due: dict[str, tuple[float, float]] = {}

    def submit(self, body: bytes, quirk: str) -> Answer:
        """`POST /api/v2/requests`: 201 accepted, 409 known uuid, 400 not understood."""
        try:
            content = json.loads(body)
            job, tasks = str(uuid.UUID(str(content["uuid"]))), content["request"]
        except (ValueError, KeyError, TypeError):
            return _bad("Ожидается {uuid, request}")
        tasks = [tasks] if isinstance(tasks, dict) else tasks
        if not isinstance(tasks, list) or not tasks or not all(isinstance(one, dict) for one in tasks):
            return _bad("Поле request должно быть массивом заданий")
        with self._store.transaction():
            if self._store.one("SELECT 1 FROM register_jobs WHERE uuid = ?", job) is not None:
                return Answer(409, {"error": {"code": 160, "description": "Задание с таким uuid уже есть"}})
            results = self._run(tasks, quirk)
            self._store.run("INSERT INTO register_jobs VALUES (?, ?)", job, json.dumps(results, ensure_ascii=False))
        if self.seconds_per_task:
            begins = max([time.monotonic(), *(ready for _, ready in self._due.values())])
            self._due[job] = (begins, begins + self.seconds_per_task * len(tasks))
        return Answer(201, {"number": self._store.number("SELECT count(*) FROM register_jobs"), "isBlocked": False})

    def results(self, job: str) -> Answer:
        """`GET /api/v2/requests/{uuid}`: results of the tasks, or how far the device is; 404 unknown uuid."""
        job = job.lower()
        row = self._store.one("SELECT results FROM register_jobs WHERE uuid = ?", job)
        if row is None:
            return Answer(404, {"error": {"code": 404, "description": "Задание не найдено"}})
        results = json.loads(row["results"])
        begins, ready = self._due.get(job, (0.0, 0.0))
        now = time.monotonic()
        if now < ready:
            status = "wait" if now < begins else "inProgress"
            results = [{"status": status, "error": _error(0), "result": None} for _ in results]
        else:
            self._due.pop(job, None)
        return Answer(200, {"results": results})

    def query(self, name: str, quirk: str) -> Answer:
        """`POST /api/v2/operations/query…`: an answer at once."""
        if name not in _QUERIES:
            return Answer(404, {"error": {"code": 404, "description": f"Операция {name} не найдена"}})
        try:
            return Answer(200, self.device.perform({"type": _QUERIES[name]}, quirk))
        except DeviceError as error:
            return Answer(500, {"error": _error(error.code, str(error))})

    def _run(self, tasks: list[JsonObject], quirk: str) -> list[JsonObject]:
        results: list[JsonObject] = []
        for task in tasks:
            if results and results[-1]["status"] != "ready":
                results.append({"status": "interrupted", "error": _error(502), "result": None})
                continue
            try:
                results.append({"status": "ready", "error": _error(0), "result": self.device.perform(task, quirk)})
            except DeviceError as error:
                results.append({"status": "error", "error": _error(error.code, str(error)), "result": None})
            quirk = ""
        return results


def _error(code: int, description: str = "") -> JsonObject:
    return {"code": code, "description": description or DESCRIPTIONS.get(code, "")}


def _bad(message: str) -> Answer:
    return Answer(400, {"error": {"code": 501, "description": message}})
