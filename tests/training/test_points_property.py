import json
import uuid
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pos_client.training.shop import Shop
from tests.training.till import ANNA, NEWCOMER, RICH, Json, SetClock, line, order_body

PEOPLE = (ANNA, RICH, NEWCOMER)
ORDERS = ("A", "B", "C")


class Points(RuleBasedStateMachine):
    """Any history of orders, statuses, repeats and days: points neither appear nor vanish."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = SetClock()
        self.shop = Shop(clock=self.clock)
        self.sent: list[tuple[str, str, str, Json]] = []

    def teardown(self) -> None:
        self.shop.close()

    def call(self, mode: str, operation: str, body: Json, key: str) -> Json:
        query = {"endpointId": "CDEK.Offline", "operation": operation, "transactionId": key}
        secret = f"SecretKey {self.shop.names.secret_key}"
        answer = self.shop.processing.call(mode, query, secret, json.dumps(body).encode(), "")
        return answer.body or {}

    def send(self, mode: str, operation: str, body: Json) -> Json:
        key = str(uuid.UUID(int=len(self.sent) + 1))
        self.sent.append((mode, operation, key, body))
        return self.call(mode, operation, body, key)

    @rule(
        order=st.sampled_from(ORDERS),
        who=st.sampled_from(PEOPLE),
        price=st.integers(100, 600_000),
        points=st.integers(0, 900),
        paid=st.booleans(),
    )
    def create(self, order: str, who: str, price: int, points: int, *, paid: bool) -> None:
        lines = [line(1, price / 100, status="Paid" if paid else "CheckedOut"), line(2, 33.33, "BUBBLE_WRAP")]
        body = order_body(order, lines, code=who, points=points)
        found = self.call("sync", "Offline.AuthorizedPreorder", body, "")
        body["order"]["totalPrice"] = found["order"]["totalPrice"]
        before = self.shop.movements()
        answer = self.send("sync", "Offline.CreateAuthorizedOrder", body)
        if answer["status"] != "Success":
            assert self.shop.movements() == before

    @rule(
        order=st.sampled_from(ORDERS),
        who=st.sampled_from(PEOPLE),
        price=st.integers(100, 600_000),
        paid=st.booleans(),
        hours=st.integers(0, 90),
    )
    def save_offline(self, order: str, who: str, price: int, hours: int, *, paid: bool) -> None:
        lines = [line(1, price / 100, status="Paid" if paid else "CheckedOut")]
        body = order_body(order, lines, code=who, total=price / 100)
        body["executionDateTimeUtc"] = (self.clock() - timedelta(hours=hours)).isoformat()
        before = [one for one in self.shop.movements() if one.kind == "RetailOrderPayment"]
        self.send("async", "Offline.SaveOfflineOrder", body)
        assert [one for one in self.shop.movements() if one.kind == "RetailOrderPayment"] == before

    @rule(order=st.sampled_from(ORDERS), status=st.sampled_from(["Paid", "Cancelled", "Return", "CheckedOut"]))
    def change_status(self, order: str, status: str) -> None:
        body = {"order": {"ids": {"offlineTransactionId": order}}, "orderLinesStatus": status}
        self.send("async", "Offline.ChangeStatus", body)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        mode, operation, key, body = data.draw(st.sampled_from(self.sent))
        done = self.shop._store.one("SELECT 1 FROM transactions WHERE id = ?", key) is not None
        before = self.shop.movements()
        self.call(mode, operation, body, key)
        if done:
            assert self.shop.movements() == before

    @rule(days=st.integers(0, 40))
    def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    @invariant()
    def movements_explain_every_balance(self) -> None:
        for who in PEOPLE:
            balance = self.shop.balance(who)
            assert sum(one.amount for one in self.shop.movements(who)) == balance.total
            assert balance.blocked >= 0

    @invariant()
    def orders_hold_what_left_the_balances(self) -> None:
        for order in self.shop.loyalty_orders():
            moves = [one for one in self.shop.movements() if one.order_id == order.order_id]
            assert -sum(one.amount for one in moves if one.kind == "RetailOrderPayment") == order.spent
            assert sum(one.amount for one in moves if one.kind == "RetailOrderBonus") == order.earned


TestPoints = Points.TestCase
TestPoints.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
