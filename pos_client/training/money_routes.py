"""Addresses of the card terminal, in both its dialects, and of the bank that takes transfers by QR codes."""

from collections.abc import Callable
from typing import Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pos_client.training.bank import Bank
from pos_client.training.card_terminal import CardTerminal
from pos_client.training.front import Front
from pos_client.training.inpas import Inpas
from pos_client.training.upos import Upos
from pos_client.training.wire import Answer

__all__ = ["MoneyServices", "money_routes"]

_CHARGES = ("pay", "refund")


class MoneyServices(Protocol):
    """Who stands behind the addresses."""

    terminal: CardTerminal
    upos: Upos
    inpas: Inpas
    bank: Bank


def money_routes(shop: MoneyServices, front: Front) -> list[Route]:
    """Routes of the terminal's program, of DualConnector and of the bank."""

    async def at_terminal(request: Request, name: str, execute: Callable[[bytes, str], Answer]) -> Response:
        if shop.terminal.at_work:
            return await front.serve(request, "terminal", name, name, lambda body, _q: execute(body, "card-busy"))
        is_charge = name in _CHARGES
        shop.terminal.at_work += is_charge
        try:
            return await front.serve(request, "terminal", name, "charge" if is_charge else name, execute)
        finally:
            shop.terminal.at_work -= is_charge

    async def upos(request: Request) -> Response:
        return await at_terminal(request, shop.upos.operation(await request.body()), shop.upos.run)

    async def inpas(request: Request) -> Response:
        return await at_terminal(request, shop.inpas.operation(await request.body()), shop.inpas.ask)

    async def token(request: Request) -> Response:
        def execute(body: bytes, _quirk: str) -> Answer:
            return shop.bank.token(dict(parse_qsl(body.decode("utf-8", "replace"))))

        return await front.serve(request, "sbp", "token", "token", execute)

    async def order(request: Request) -> Response:
        act, authorization = request.path_params["act"], request.headers.get("authorization", "")
        return await front.serve(
            request, "sbp", act, act, lambda body, quirk: shop.bank.ask(act, authorization, body, quirk)
        )

    return [
        Route("/upos/run", upos, methods=["POST"]),
        Route("/dualconnector/", inpas, methods=["POST"]),
        Route("/sbp/oauth/token", token, methods=["POST"]),
        Route("/sbp/qr/order/v3/{act}", order, methods=["POST"]),
    ]
