"""Addresses of the four services, each with the prefix of the real wire."""

import json
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pos_client.training.corrections import Corrections
from pos_client.training.counter import Counter
from pos_client.training.front import Front
from pos_client.training.parcels import Parcels, errors
from pos_client.training.processing import Processing
from pos_client.training.refunds import Refunds
from pos_client.training.register import Register
from pos_client.training.wire import Answer

__all__ = ["Services", "service_routes"]


class Services(Protocol):
    """The services that stand behind the addresses."""

    processing: Processing
    parcels: Parcels
    counter: Counter
    refunds: Refunds
    corrections: Corrections
    register: Register


def service_routes(shop: Services, front: Front) -> list[Route]:
    """Routes of processing, orders, counter and cash register."""
    return [*_processing(shop, front), *_orders(shop, front), *_counter(shop, front), *_register(shop, front)]


def _processing(shop: Services, front: Front) -> list[Route]:
    async def operation(request: Request) -> Response:
        name, mode = request.query_params.get("operation", ""), request.path_params["mode"]
        authorization = request.headers.get("authorization", "")

        def execute(body: bytes, quirk: str) -> Answer:
            if mode not in ("sync", "async"):
                return Answer(404, None)
            return shop.processing.call(mode, request.query_params, authorization, body, quirk)

        return await front.serve(request, "processing", name, shop.processing.role(name), execute)

    async def elsewhere(_request: Request) -> Response:
        return Response(status_code=404)

    return [
        Route("/v3/operations/{mode}", operation, methods=["POST"]),
        Route("/v3/{rest:path}", elsewhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _orders(shop: Services, front: Front) -> list[Route]:
    def bearer(request: Request) -> Answer | None:
        return shop.parcels.denied(request.headers.get("authorization", ""))

    async def token(request: Request) -> Response:
        def execute(body: bytes, _quirk: str) -> Answer:
            return shop.parcels.token({**request.query_params, **dict(parse_qsl(body.decode("utf-8", "replace")))})

        return await front.serve(request, "orders", "token", "token", execute)

    async def by_query(request: Request) -> Response:
        return await front.serve(
            request,
            "orders",
            "order",
            "read",
            lambda _b, _q: bearer(request) or shop.parcels.by_query(request.query_params),
        )

    async def by_uuid(request: Request) -> Response:
        order_uuid = request.path_params["uuid"]
        return await front.serve(
            request, "orders", "order", "read", lambda _b, _q: bearer(request) or shop.parcels.by_uuid(order_uuid)
        )

    async def check(request: Request) -> Response:
        return await front.serve(
            request,
            "orders",
            "check",
            "read",
            lambda _b, _q: bearer(request) or shop.parcels.check(request.query_params),
        )

    return [
        Route("/v2/oauth/token", token, methods=["POST"]),
        Route("/v2/orders", by_query, methods=["GET"]),
        Route("/v2/orders/{uuid}", by_uuid, methods=["GET"]),
        Route("/v2/check", check, methods=["GET"]),
    ]


def _counter(shop: Services, front: Front) -> list[Route]:
    async def payments(request: Request) -> Response:
        number = request.path_params["cdek_number"]
        denied = shop.parcels.denied(request.headers.get("authorization", ""))

        def read(_body: bytes, _quirk: str) -> Answer:
            return denied or shop.counter.payments(number)

        def pay(body: bytes, _quirk: str) -> Answer:
            return denied or shop.counter.pay(number, request.headers.get("idempotency-key", ""), body)

        if request.method == "POST":
            return await front.serve(request, "counter", "pay", "pay", pay)
        return await front.serve(request, "counter", "payments", "read", read)

    async def corrections(request: Request) -> Response:
        number, visit_id = request.path_params["cdek_number"], request.path_params["visit_id"]
        denied = shop.parcels.denied(request.headers.get("authorization", ""))

        def record(body: bytes, _quirk: str) -> Answer:
            return denied or shop.corrections.record(number, visit_id, body)

        return await front.serve(request, "counter", "correct", "pay", record)

    async def unknown(request: Request) -> Response:
        return await front.serve(
            request, "counter", "unknown", "", lambda _b, _q: errors(404, "v2_bad_request", "Unknown address")
        )

    return [
        Route("/counter/v1/orders/{cdek_number}/payments", payments, methods=["GET", "POST"]),
        Route("/counter/v1/orders/{cdek_number}/payments/{visit_id}/corrections", corrections, methods=["POST"]),
        *_refunds(shop, front),
        Route("/counter/v1/{rest:path}", unknown, methods=["GET", "POST"]),
    ]


def _refunds(shop: Services, front: Front) -> list[Route]:
    async def refunds(request: Request) -> Response:
        number, act = request.path_params["cdek_number"], request.path_params.get("act", "claim")
        refund_id = request.path_params.get("refund_id", "")
        denied = shop.parcels.denied(request.headers.get("authorization", ""))

        def execute(body: bytes, _quirk: str) -> Answer:
            if denied is not None:
                return denied
            match act:
                case "claim":
                    return shop.refunds.claim(number, request.headers.get("idempotency-key", ""), body)
                case "receipt":
                    return shop.refunds.record(number, refund_id, body)
                case "release":
                    return shop.refunds.release(number, refund_id)
                case _:
                    return errors(404, "v2_bad_request", "Unknown address")

        return await front.serve(request, "counter", f"refund-{act}", "pay", execute)

    async def receipts(request: Request) -> Response:
        denied = shop.parcels.denied(request.headers.get("authorization", ""))
        return await front.serve(
            request, "counter", "receipts", "read", lambda _b, _q: denied or shop.refunds.find(request.query_params)
        )

    return [
        Route("/counter/v1/orders/{cdek_number}/refunds", refunds, methods=["POST"]),
        Route("/counter/v1/orders/{cdek_number}/refunds/{refund_id}/{act}", refunds, methods=["POST"]),
        Route("/counter/v1/receipts", receipts, methods=["GET"]),
    ]


def _register(shop: Services, front: Front) -> list[Route]:
    async def submit(request: Request) -> Response:
        return await front.serve(request, "register", _task_type(await request.body()), "task", shop.register.submit)

    async def results(request: Request) -> Response:
        job = request.path_params["uuid"]
        return await front.serve(request, "register", "poll", "poll", lambda _b, _q: shop.register.results(job))

    async def query(request: Request) -> Response:
        name = request.path_params["name"]
        return await front.serve(request, "register", name, "query", lambda _b, quirk: shop.register.query(name, quirk))

    return [
        Route("/api/v2/requests", submit, methods=["POST"]),
        Route("/api/v2/requests/{uuid}", results, methods=["GET"]),
        Route("/api/v2/operations/{name}", query, methods=["POST"]),
    ]


def _task_type(body: bytes) -> str:
    """Type of the first task, by which faults are aimed."""
    try:
        tasks = json.loads(body)["request"]
        return str((tasks[0] if isinstance(tasks, list) else tasks)["type"])
    except (ValueError, KeyError, TypeError, IndexError):
        return ""
