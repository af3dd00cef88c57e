"""Orders of the programme: priced, created, saved after an outage, paid, cancelled, returned.

There is no begin, commit or rollback: creating an order spends and accrues at once, and a status ends it.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from pos_client.training.conditions import Calculation, Conditions
from pos_client.training.ledger import Balance, Ledger
from pos_client.training.mailbox import Mailbox
from pos_client.training.members import Found, Members
from pos_client.training.order_rows import CANCELLED, CHECKED_OUT, PAID, RETURNED, OrderRows
from pos_client.training.processing_wire import (
    OrderRequest,
    ProcessingNames,
    ProtocolError,
    Refusal,
    ValidationError,
    balance_json,
    changes,
    order_id,
    order_json,
    placeholders,
    read_order,
    read_time,
)
from pos_client.training.promotions import Campaigns, CouponState, Promotion
from pos_client.training.splitting import MUST_BE_RECALCULATED, divisible, split
from pos_client.training.store import Store
from pos_client.training.switches import Switches
from pos_client.training.wire import Answer, JsonObject, as_object, instant, roubles, text

__all__ = ["LoyaltyOrders", "UnknownOrderError"]

_SUCCESS: JsonObject = {"status": "Success"}
_UNAVAILABLE = {
    "personal-unavailable": "PersonalDiscountsCalculationIsUnavailable",
    "discounts-unavailable": "DiscountsCalculationIsUnavailable",
}


class UnknownOrderError(ProtocolError):
    """A status came for an order that was never created."""

    def __init__(self, order: str, *, cancels: bool) -> None:
        super().__init__(f"/order/ids: заказ {order} не найден")
        self.order = order
        self.cancels = cancels


class _NotExecuted(Refusal):
    """HTTP 200 and Success, but the order says why nothing was done."""

    def __init__(self, status: str, description: str = "") -> None:
        order = {"processingStatus": status}
        if description:
            order["statusDescription"] = description
        super().__init__(status, Answer(200, {"status": "Success", "order": order}))


class LoyaltyOrders:
    """Every method runs inside the caller's transaction: a refusal leaves nothing behind."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        members: Members,
        clock: Callable[[], datetime],
        *,
        names: ProcessingNames,
        conditions: Conditions,
        mailbox: Mailbox,
        switches: Switches,
    ) -> None:
        self._rows = OrderRows(store, clock)
        self._ledger = ledger
        self._members = members
        self._mailbox = mailbox
        self._switches = switches
        self._campaigns = Campaigns(store, conditions.promotions)
        self._clock = clock
        self._names = names
        self._conditions = conditions

    def preorder(self, body: JsonObject, quirk: str) -> JsonObject:
        """What the order costs and earns; changes nothing."""
        request = read_order(body, self._names, self._conditions, self._clock, final=False)
        node = as_object(body.get("customer"))
        found, row = self._members.find(node) if node else (Found.NOT_FOUND, None)
        if quirk in _UNAVAILABLE or row is None:
            calculation, balance = self._plain(request), Balance(0, 0)
        else:
            calculation, balance = self._calculate(request, row["id"], quirk)
        coupons = self._coupons(request, calculation, quirk)
        order = order_json(request, calculation, balance, coupons, names=self._names, conditions=self._conditions)
        order["processingStatus"] = _UNAVAILABLE.get(quirk, order["processingStatus"])
        if quirk in _UNAVAILABLE or quirk == "points-unavailable":
            order["bonusPointsInfo"][0]["status"] = "Unavailable"
        if quirk == "split-lines":
            order["lines"] = split(order["lines"])
        answer: JsonObject = {"status": "Success", "order": order}
        if node:
            answer["customer"] = self._members.card(row) if row is not None else {"processingStatus": found.value}
        if row is not None and quirk not in _UNAVAILABLE:
            answer["balances"] = [balance_json(balance, self._conditions)]
        return answer

    def create(self, body: JsonObject, quirk: str) -> JsonObject:
        """Create or update the order: points move now. A cancelled id is refused for ever."""
        request = read_order(body, self._names, self._conditions, self._clock, final=True)
        if quirk in _UNAVAILABLE:
            raise _NotExecuted(_UNAVAILABLE[quirk])
        pieces = [(line.product, float(line.quantity)) for line in request.lines]
        if quirk == "split-lines" and any(divisible(pieces)):
            raise ProtocolError(f"/order/lines: {MUST_BE_RECALCULATED}")
        member = self._members.the_one(as_object(body.get("customer")))
        before = self._rows.of(request.order_id, member["id"])
        calculation, _ = self._calculate(request, member["id"], quirk)
        if quirk == "price-changed" or calculation.total != request.total:
            raise _NotExecuted(
                "PriceHasBeenChanged", f"Цена заказа изменилась. Ожидаемая цена: {roubles(calculation.total):.2f}"
            )
        self._refuse_unconfirmed(member, calculation.points - self._ledger.spent(request.order_id))
        self._ledger.spend_to(member["id"], request.order_id, calculation.points)
        self._campaigns.use(member["id"], request.order_id, calculation.applied)
        self._accrue(member["id"], request, calculation, paid=request.status == self._names.paid)
        status = PAID if request.status == self._names.paid else CHECKED_OUT
        self._rows.save(request.order_id, member["id"], status, body, at=request.at, result=calculation)
        balance = self._ledger.balance(member["id"])
        return {
            "status": "Success",
            "customer": {"processingStatus": Found.FOUND.value, "ids": {"mindboxId": member["id"]}},
            "order": {
                "processingStatus": "Created" if before is None else "Updated",
                "ids": {
                    "mindboxId": self._rows.number(request.order_id),
                    f"{self._names.order_id_field}Id": request.order_id,
                },
                "totalPrice": roubles(calculation.total),
                "placeholders": placeholders(calculation),
                "bonusPointsChanges": changes(calculation, self._conditions),
            },
            "balances": [balance_json(balance, self._conditions)],
        }

    def offline(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Safe offline order: accrues at the true time of the sale, never spends, never moves an order backwards."""
        order = as_object(body.get("order"))
        for field in ("bonusPoints", "coupons"):
            if order.get(field):
                raise ProtocolError(f"/order/{field}: поле не поддерживается операцией")
        request = read_order(body, self._names, self._conditions, self._clock, final=True)
        member = self._members.the_one(as_object(body.get("customer")))
        before = self._rows.of(request.order_id, member["id"])
        if before is not None and instant(request.at) < before["executed_at"]:
            return dict(_SUCCESS)
        same_moment = before is not None and instant(request.at) == before["executed_at"]
        paid = request.status == self._names.paid or (same_moment and before is not None and before["status"] == PAID)
        held = self._ledger.spent(request.order_id)
        request = replace(request, coupons=self._campaigns.coupons_of(request.order_id))
        gifts = [one.without_discount() for one in self._promotions(request, member["id"])]
        calculation = self._conditions.calculate(
            request.lines, promotions=gifts, wanted=held, available=held, international=request.international
        )
        calculation = replace(calculation, points=held)
        self._campaigns.add(member["id"], request.order_id, calculation.applied)
        self._accrue(member["id"], request, calculation, paid=paid)
        status = PAID if paid else CHECKED_OUT
        self._rows.save(request.order_id, member["id"], status, body, at=request.at, result=calculation, offline=True)
        return dict(_SUCCESS)

    def returned(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Return the whole order; an operation of its own with the body of a status."""
        return self._change(body, self._names.returned)

    def status(self, body: JsonObject, _quirk: str) -> JsonObject:
        """Move the whole order to another status."""
        return self._change(body, "")

    def _change(self, body: JsonObject, otherwise: str) -> JsonObject:
        order = as_object(body.get("order"))
        code = text(body.get("orderLinesStatus")) or text(order.get("orderLinesStatus")) or otherwise
        if order.get("lines"):
            raise ProtocolError("/order/lines: заказ меняет статус только целиком")
        wanted = {
            self._names.checked_out: CHECKED_OUT,
            self._names.paid: PAID,
            self._names.cancelled: CANCELLED,
            self._names.returned: RETURNED,
        }.get(code)
        if wanted is None:
            raise ProtocolError(f"/orderLinesStatus: неизвестный статус «{code}»")
        at = read_time(body, self._clock)
        self._move(order_id(order, self._names), wanted, at)
        return dict(_SUCCESS)

    def remember_cancelled(self, order: str) -> None:
        """A cancel of an unknown order: its create may still be on the way and must find the door closed."""
        self._rows.save(order, None, CANCELLED, {}, at=self._clock())

    def _move(self, order: str, wanted: str, at: datetime) -> None:
        row = self._rows.find(order)
        if row is None:
            raise UnknownOrderError(order, cancels=wanted == CANCELLED)
        over = row["status"] in (CANCELLED, RETURNED)
        if over and wanted in (PAID, CHECKED_OUT):
            raise ValidationError(f"Заказ {order} отменён")
        if over or row["status"] == wanted or wanted == CHECKED_OUT:
            return
        keeps_spent = wanted == PAID or (wanted == RETURNED and not self._switches.return_spent)
        if wanted == PAID:
            self._release(order, at)
        else:
            for promotion in self._ledger.earned_promotions(order):
                self._ledger.earn_to(row["customer"], order, 0, promotion=promotion, available_from=None, expires=None)
            self._campaigns.free(order)
        if not keeps_spent:
            self._ledger.spend_to(row["customer"], order, 0)
        self._rows.move(order, wanted, at, keeps_spent=keeps_spent)

    def _refuse_unconfirmed(self, member: sqlite3.Row, more_points: int) -> None:
        if self._switches.require_code_to_spend and more_points > 0 and not self._mailbox.has_confirmed(member):
            raise ValidationError("Списание баллов нужно подтвердить кодом из сообщения", "/order/bonusPoints")

    def _plain(self, request: OrderRequest) -> Calculation:
        return self._conditions.calculate(request.lines, member=False)

    def _calculate(self, request: OrderRequest, customer: int, quirk: str) -> tuple[Calculation, Balance]:
        balance = self._ledger.balance(customer)
        held = self._ledger.spent(request.order_id)
        if quirk == "coupons-unavailable":
            request = replace(request, coupons=())
        calculation = self._conditions.calculate(
            request.lines,
            promotions=self._promotions(request, customer),
            wanted=request.points,
            available=0 if quirk == "points-unavailable" else balance.available + held,
            international=request.international,
        )
        return calculation, balance

    def _promotions(self, request: OrderRequest, customer: int) -> list[Promotion]:
        row = self._rows.find(request.order_id)
        known = row is not None and row["customer"] == customer
        return self._campaigns.suiting(customer, request.order_id, request.coupons, request.at, known=known)

    def _coupons(self, request: OrderRequest, calculation: Calculation, quirk: str) -> list[CouponState]:
        if quirk in _UNAVAILABLE or quirk == "coupons-unavailable":
            return [CouponState(code, "Unavailable") for code in request.coupons]
        return self._campaigns.coupon_states(request.coupons, request.order_id, request.at, calculation.applied)

    def _accrue(self, customer: int, request: OrderRequest, calculation: Calculation, *, paid: bool) -> None:
        """Points for the order: blocked until it is paid in full; they live from the true time of that payment."""
        start = request.at if paid else None
        earned = {"": (calculation.cashback, "")} | {one.id: (one.gift_points, one.name) for one in calculation.gifts}
        for promotion in self._ledger.earned_promotions(request.order_id) - earned.keys():
            earned[promotion] = (0, "")
        for promotion, (points, comment) in earned.items():
            self._ledger.earn_to(
                customer,
                request.order_id,
                points,
                promotion=promotion,
                comment=comment,
                available_from=start,
                expires=self._end_of_life(promotion, request.at),
            )
        if paid:
            self._release(request.order_id, request.at)

    def _release(self, order: str, at: datetime) -> None:
        self._ledger.release(order, at, lambda promotion: self._end_of_life(promotion, at))

    def _end_of_life(self, promotion: str, at: datetime) -> datetime:
        gift = self._conditions.promotions.get(promotion)
        days = gift.gift_days if gift is not None else None
        return at + timedelta(days=self._conditions.earned_points_live_days if days is None else days)
