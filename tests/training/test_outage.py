import random
from datetime import datetime, timedelta

from pos_client.training.ledger import Balance
from pos_client.training.shop import Shop
from tests.training.till import ANNA, NOON, RICH, Json, SetClock, Till, line, order_body

_POOR = "48211229"
_PEOPLE = (ANNA, RICH, _POOR)


def sales_of_three_days() -> list[tuple[datetime, str, Json]]:
    """A hundred sales without points: moment, status of the lines, body; every third order is paid in two visits."""
    dice = random.Random(548)  # noqa: S311 - a fixed history, not a secret
    found = []
    for number in range(100):
        at = NOON + timedelta(minutes=40 * number)
        who = dice.choice(_PEOPLE)
        price = dice.randrange(10_000, 900_000) / 100
        visits = [(at, "CheckedOut"), (at + timedelta(hours=5), "Paid")] if number % 3 == 0 else [(at, "Paid")]
        for moment, status in visits:
            lines = [line(1, price, status=status), line(2, 77.77, "BUBBLE_WRAP", status)]
            total = round(price + 77.77, 2)
            found.append((moment, status, order_body(f"S-{number}", lines, code=who, total=total)))
    return sorted(found, key=lambda sale: sale[0])


def balances(shop: Shop) -> list[Balance]:
    return [shop.balance(who) for who in _PEOPLE]


async def test_three_days_without_processing_end_with_the_balances_of_a_run_that_never_broke() -> None:
    end = NOON + timedelta(days=4)
    unbroken_clock, broken_clock = SetClock(), SetClock()
    unbroken, broken = Till(Shop(clock=unbroken_clock)), Till(Shop(clock=broken_clock))
    before = balances(broken.shop)
    for at, status, body in sales_of_three_days():
        unbroken_clock.now = at
        order = body["order"]
        for one in order["lines"]:
            one["status"] = {"ids": {"externalId": "CheckedOut"}}
        assert (await unbroken.create(body))["status"] == "Success"
        if status == "Paid":
            await unbroken.status(order["ids"]["offlineTransactionId"], "Paid")
    unbroken_clock.now = broken_clock.now = end
    late = sales_of_three_days()
    random.Random(7).shuffle(late)  # noqa: S311 - a fixed disorder
    for at, _, body in late:
        await broken.offline(body, at=at)
    assert balances(broken.shop) == balances(unbroken.shop)
    assert balances(broken.shop) != before
    for till in (unbroken, broken):
        await till.http.aclose()
        till.shop.close()
