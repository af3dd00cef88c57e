"""Orders enough for a benchmark that sells: the same on every machine."""

from pos_client.training.shop import Shop

__all__ = ["OUTAGES", "add_orders", "order_number", "sales_of"]

OUTAGES = 4


def sales_of(rounds: int) -> int:
    """How many sales it takes to live through all outages, with so many before and so many within each."""
    return 1 + OUTAGES * (2 * rounds + 1)


def order_number(at: int) -> str:
    """The CDEK number of the `at`-th order."""
    return f"13{at:08d}"


def add_orders(shop: Shop, count: int) -> None:
    """Bring so many parcels to the office."""
    for at in range(count):
        shop.add_order(
            {
                "number": order_number(at),
                "title": "Посылка",
                "type": 2,
                "tariff": 136,
                "mode": "4",
                "from": ["Москва", "RU", "MSK548"],
                "to": ["Тверь", "RU", "TVE1"],
                "status": ["ACCEPTED", "Принят"],
                "weight": 500,
                "delivery": "450.00",
            }
        )
