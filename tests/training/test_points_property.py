import json
import uuid
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pos_client.training.shop import Shop
from tests.training.till import ANNA, NEWCOMER, RICH, THIRD_TIME, Json, SetClock, line, order_body

PEOPLE = (ANNA, RICH, NEWCOMER, THIRD_TIME)
ORDERS = ("A", "B", "C", "D", "E")
COUPONS = ("SPRING10", "GIFT70")
PHONES = ("79990000001", "79990000002")
GIFTS = (("third-shipment-gift", 100), ("gift-70", 70))


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
        coupons=st.lists(st.sampled_from(COUPONS), max_size=2),
        paid=st.booleans(),
    )
    def create(self, order: str, who: str, price: int, points: int, coupons: list[str], *, paid: bool) -> None:
        status = "Paid" if paid else "CheckedOut"
        lines = [line(1, price / 100, status=status), line(2, 33.33, "BUBBLE_WRAP", status)]
        body = order_body(order, lines, code=who, points=points, coupons=[{"ids": {"code": one}} for one in coupons])
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

    @rule(phone=st.sampled_from(PHONES))
    def join(self, phone: str) -> None:
        self.send("sync", "Offline.RegisterCustomer", {"customer": {"mobilePhone": phone}})
        assert sum(one.amount for one in self.shop.movements(phone) if one.kind == "Custom") == 50

    @rule(order=st.sampled_from(ORDERS), keeps=st.booleans())
    def give_back(self, order: str, *, keeps: bool) -> None:
        self.shop.processing.switches.return_spent = not keeps
        self.send("async", "Offline.Return", {"order": {"ids": {"offlineTransactionId": order}}})

    @rule(days=st.integers(0, 40))
    def pass_days(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    @invariant()
    def points_neither_appear_nor_vanish(self) -> None:
        for who in PEOPLE:
            balance = self.shop.balance(who)
            sums = {"RetailOrderBonus": 0, "Custom": 0, "RetailOrderPayment": 0, "Expired": 0}
            for one in self.shop.movements(who):
                sums[one.kind] += one.amount
            spent, burned = -sums["RetailOrderPayment"], -sums["Expired"]
            assert sums["RetailOrderBonus"] + sums["Custom"] == spent + burned + balance.available + balance.blocked
            assert min(spent, burned, balance.blocked) >= 0

    @invariant()
    def only_a_taken_back_accrual_leaves_a_debt(self) -> None:
        for who in PEOPLE:
            balance = self.shop.balance(who)
            member = self.shop._store.number("SELECT id FROM customers WHERE cdek_id = ?", who)
            debts = self.shop._store.rows("SELECT * FROM lots WHERE customer = ? AND remaining < 0", member)
            assert balance.available >= sum(one["remaining"] for one in debts)
            assert all(one["order_id"] is not None and one["expires"] is None for one in debts)

    @invariant()
    def a_coupon_and_a_gift_serve_one_order_at_most(self) -> None:
        uses = self.shop._store.rows("SELECT customer, promotion FROM promotion_uses")
        pairs = [(one["customer"], one["promotion"]) for one in uses]
        assert len(pairs) == len(set(pairs))
        assert [promotion for _, promotion in pairs].count("spring-10") <= 1
        gifts = self.shop._store.rows(
            "SELECT customer, promotion, amount FROM lots WHERE promotion <> '' AND amount > 0"
        )
        given = [(one["customer"], one["promotion"]) for one in gifts]
        assert len(given) == len(set(given))
        assert [promotion for _, promotion in given].count("gift-70") <= 1
        assert all((one["promotion"], one["amount"]) in GIFTS for one in gifts)

    @invariant()
    def orders_hold_what_left_the_balances(self) -> None:
        for order in self.shop.loyalty_orders():
            moves = [one for one in self.shop.movements() if one.order_id == order.order_id]
            assert -sum(one.amount for one in moves if one.kind == "RetailOrderPayment") == order.spent
            assert sum(one.amount for one in moves if one.kind == "RetailOrderBonus") == order.earned


TestPoints = Points.TestCase
TestPoints.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
