"""The teacher's side of the shop: faults, clock, reset and a web page over them, under `/_shop`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from pos_client.bundled import bundled
from pos_client.training.bank import Bank
from pos_client.training.card_terminal import CardTerminal
from pos_client.training.clock import ShopClock
from pos_client.training.faults import KINDS, SERVICES, Fault, FaultTable
from pos_client.training.fiscal_storage import FiscalDocument
from pos_client.training.front import Call
from pos_client.training.ledger import Balance
from pos_client.training.mailbox import Message
from pos_client.training.processing import Processing
from pos_client.training.register import Register
from pos_client.training.sheet import sheet_codes
from pos_client.training.switches import Switches
from pos_client.training.wire import JsonObject, moment, roubles

__all__ = ["AdminShop", "admin_routes"]

_SHOWN = 20
_SHOWN_MEMBERS = 50


class AdminShop(Protocol):
    """What the admin path sees and moves."""

    clock: ShopClock
    faults: FaultTable
    processing: Processing
    register: Register
    terminal: CardTerminal
    bank: Bank

    def reset(self) -> None:
        """Load the data set."""

    def members(self, most: int = -1) -> Sequence[tuple[int, str, Balance]]:
        """Id, name and balance of the members."""

    def messages(self) -> list[Message]:
        """SMS that went to customers."""

    def fiscal_documents(self) -> list[FiscalDocument]:
        """Documents of the cash register."""

    def calls(self) -> list[Call]:
        """The latest calls."""


def admin_routes(shop: AdminShop) -> list[Route]:
    """Routes of the admin path and of the page at `/`."""

    async def page(_request: Request) -> Response:
        return HTMLResponse(bundled("training/page.html").read_text(encoding="utf-8"))

    async def state(_request: Request) -> Response:
        return JSONResponse(_state(shop))

    async def reset(_request: Request) -> Response:
        shop.reset()
        return JSONResponse(_state(shop))

    async def sheet(_request: Request) -> Response:
        codes = [{"group": one.group, "title": one.title, "text": one.text, "svg": one.svg()} for one in sheet_codes()]
        return JSONResponse({"codes": codes})

    return [
        Route("/", page, methods=["GET"]),
        Route("/_shop/state", state, methods=["GET"]),
        Route("/_shop/reset", reset, methods=["POST"]),
        Route("/_shop/sheet", sheet, methods=["GET"]),
        *_fault_routes(shop),
        *_setting_routes(shop),
        *_phone_routes(shop),
    ]


def _phone_routes(shop: AdminShop) -> list[Route]:
    """What the customer does with the code on the screen."""

    async def phone(request: Request) -> Response:
        acts = {"pay": shop.bank.pay, "reject": shop.bank.reject}
        act = acts.get(request.path_params["act"])
        if act is None or not act(request.path_params["number"]):
            return JSONResponse({"error": "Этот QR-код уже не ждёт оплаты"}, 409)
        return JSONResponse(_state(shop))

    return [Route("/_shop/transfers/{number}/{act}", phone, methods=["POST"])]


def _fault_routes(shop: AdminShop) -> list[Route]:
    async def kinds(_request: Request) -> Response:
        table = [{"kind": name, "title": kind.title, "services": kind.services} for name, kind in KINDS.items()]
        return JSONResponse({"services": SERVICES, "kinds": table})

    async def active(_request: Request) -> Response:
        return JSONResponse({"faults": [asdict(one) for one in shop.faults.active()]})

    async def put(request: Request) -> Response:
        try:
            fault = shop.faults.set(_fault(json.loads(await request.body())))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(asdict(fault), 201)

    async def lift(request: Request) -> Response:
        chosen = request.query_params.get("id", "")
        shop.faults.lift(int(chosen) if chosen.isdecimal() else None)
        return JSONResponse({"faults": [asdict(one) for one in shop.faults.active()]})

    return [
        Route("/_shop/kinds", kinds, methods=["GET"]),
        Route("/_shop/faults", active, methods=["GET"]),
        Route("/_shop/faults", put, methods=["POST"]),
        Route("/_shop/faults", lift, methods=["DELETE"]),
    ]


def _setting_routes(shop: AdminShop) -> list[Route]:
    async def clock(request: Request) -> Response:
        try:
            _move(shop.clock, json.loads(await request.body() or b"{}"))
        except (ValueError, TypeError, OverflowError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse({"now": shop.clock().isoformat()})

    async def settings(request: Request) -> Response:
        try:
            wanted = json.loads(await request.body() or b"{}")
            processing, register = shop.processing, shop.register
            processing.async_errors_visible = bool(wanted.get("async_errors_visible", processing.async_errors_visible))
            processing.remember_cancelled = bool(wanted.get("remember_cancelled", processing.remember_cancelled))
            processing.async_delay = float(wanted.get("async_delay", processing.async_delay))
            for rule in fields(Switches):
                present = getattr(processing.switches, rule.name)
                setattr(processing.switches, rule.name, type(present)(wanted.get(rule.name, present)))
            register.seconds_per_task = float(wanted.get("seconds_per_task", register.seconds_per_task))
        except (ValueError, TypeError, AttributeError) as error:
            return JSONResponse({"error": str(error)}, 422)
        return JSONResponse(_settings(shop))

    return [
        Route("/_shop/clock", clock, methods=["POST"]),
        Route("/_shop/settings", settings, methods=["POST"]),
    ]


def _fault(body: JsonObject) -> Fault:
    times = body.get("times", 1)
    return Fault(
        service=str(body["service"]),
        kind=str(body["kind"]),
        operation=str(body.get("operation") or "*"),
        times=None if times is None else int(times),
        seconds=float(body.get("seconds", 2.0)),
        after=bool(body.get("after", False)),
        skip=int(body.get("skip", 0)),
        rate=float(body.get("rate", 1.0)),
        seed=int(body.get("seed", 0)),
    )


def _move(clock: ShopClock, body: JsonObject) -> None:
    """`now` sets, `advance_seconds` moves, an empty body returns to real time."""
    if "now" in body:
        found: datetime = moment(str(body["now"]))
        clock.set(found)
    elif "advance_seconds" in body:
        clock.advance(timedelta(seconds=float(body["advance_seconds"])))
    else:
        clock.follow()


def _settings(shop: AdminShop) -> JsonObject:
    return {
        "async_errors_visible": shop.processing.async_errors_visible,
        "remember_cancelled": shop.processing.remember_cancelled,
        "async_delay": shop.processing.async_delay,
        "seconds_per_task": shop.register.seconds_per_task,
        **asdict(shop.processing.switches),
    }


def _state(shop: AdminShop) -> JsonObject:
    documents = shop.fiscal_documents()[-_SHOWN:]
    return {
        "now": shop.clock().isoformat(),
        "settings": _settings(shop),
        "faults": [asdict(one) for one in shop.faults.active()],
        "members": [
            {
                "id": member,
                "name": name,
                "available": balance.available,
                "blocked": balance.blocked,
                "burning": balance.burning,
                "burns_on": balance.burns_on,
            }
            for member, name, balance in shop.members(_SHOWN_MEMBERS)
        ],
        "documents": [
            {
                "fd": one.fd,
                "type": one.type,
                "at": one.at.isoformat(timespec="seconds"),
                "shift": one.shift,
                "total": roubles(one.total),
                "printed": one.printed,
                "qr": one.qr,
            }
            for one in reversed(documents)
        ],
        "cards": [
            {
                "number": one.number,
                "at": one.at.isoformat(timespec="seconds"),
                "kind": one.kind,
                "amount": roubles(one.amount),
                "reference": one.reference,
                "settled": one.settled,
            }
            for one in reversed(shop.terminal.operations()[-_SHOWN:])
        ],
        "transfers": [
            {
                "number": one.number,
                "at": one.at.isoformat(timespec="seconds"),
                "amount": roubles(one.amount),
                "purpose": one.purpose,
                "state": one.state,
            }
            for one in reversed(shop.bank.transfers()[-_SHOWN:])
        ],
        "messages": [
            {"at": one.at, "phone": one.phone, "kind": one.kind, "text": one.text, "code": one.code}
            for one in reversed(shop.messages()[-_SHOWN:])
        ],
        "calls": [
            {"service": one.service, "operation": one.operation, "status": one.status, "fault": one.fault}
            for one in reversed(shop.calls()[-_SHOWN:])
        ],
    }
