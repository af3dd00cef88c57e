"""States of the counter that the tests of the screen look at, built by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from pos_client.counter.state import Arrival, CounterState, Light, LightState, Wait, WaitFor
from pos_client.domain import choosing, creating
from pos_client.domain.customer import Balance, Customer, CustomerKey, Expiration, KeyKind, Standing
from pos_client.domain.loyalty import Discount, Earning, Quote, QuoteSource, base_quote
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import (
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Payer,
    TenderKind,
    Visit,
    VisitTender,
)
from pos_client.domain.receipt import FiscalDocument, Tender
from pos_client.domain.sale import Cashier, Sale, Trouble
from pos_client.ports import QueueEntry, QueueLane, QueueSummary, RegisterState, Service, ShiftState, ShiftTotals

NOW = datetime(2026, 11, 14, 14, 2, tzinfo=UTC)
CASHIER = Cashier("Иванова М.", "500100732259")
DOWN = Trouble(
    "Система лояльности не отвечает.",
    money="Деньги и чеки в безопасности, продаём без списания баллов.",
    action="Продолжайте продажу: баллы начислятся сами.",
    say="Баллы начислятся сами, мы пришлём сообщение.",
)
UNKNOWN_RECEIPT = Trouble(
    "Не удалось узнать, прошёл ли чек.",
    money="Деньги приняты и записаны. Второй чек не пробивается.",
    action="Проверьте, включена ли ККТ. Затем нажмите «Проверить ещё раз».",
    say="Чек оформляется, это займёт немного времени.",
)
LONG_TROUBLE = Trouble(
    "Не удалось узнать, прошёл ли чек.",
    money="Деньги приняты и записаны. Второй чек не пробивается.",
    action="Не пробивайте второй чек: программа сама спросит кассу. Затем нажмите «Проверить ещё раз».",
    say="Чек оформляется, это займёт немного времени.",
)
STOPPED = Trouble(
    "Касса (ККТ): нет ответа.",
    money="Чек не пробит, деньги у вас.",
    action="Проверьте питание и кабель кассы и повторите печать.",
    say="Касса сейчас не печатает, подождите, пожалуйста, минуту.",
)
NOTICE = Trouble(
    "Код не распознан.",
    money="С деньгами и заказом ничего не произошло.",
    action="Отсканируйте накладную или CDEK ID ещё раз либо введите номер вручную (F2).",
)


def plain(text: str) -> str:
    """With ordinary spaces, as tests are typed."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def roubles(amount: int | str) -> Money:
    return Money.from_roubles(amount)


def member() -> Customer:
    return Customer(
        CustomerKey(KeyKind.CDEK_ID, "48151623"),
        Standing.MEMBER,
        processing_id="11",
        name="Смирнова Анна",
        phone="+7 916 •••-••-67",
        level="Серебро",
        balance=Balance(
            Points(620), Points(80), Expiration(Points(25), date(2026, 11, 30)), NOW - timedelta(hours=1, minutes=22)
        ),
    )


def standing(what: Standing, **changes: object) -> Customer:
    bare = Customer(CustomerKey(KeyKind.CDEK_ID, "48151623"), what)
    return replace(bare, **changes)  # type: ignore[arg-type]


def lines() -> tuple[OrderLine, ...]:
    return (
        OrderLine("1", "Доставка", LineKind.DELIVERY, roubles(4500), code="136"),
        OrderLine("2", "Упаковка, короб L", LineKind.SERVICE, roubles(300)),
        OrderLine("3", "Подъём на этаж", LineKind.SERVICE, roubles(190)),
    )


def paid_before() -> Visit:
    return Visit(
        "v1",
        datetime(2026, 11, 12, 9, 30, tzinfo=UTC),
        "NSK1",
        (VisitTender(TenderKind.CARD, roubles(2000)),),
        document="4118",
    )


def an_order(**changes: object) -> Order:
    usual = Order(
        number="1106153417",
        uuid="u-1",
        lines=lines(),
        state=OrderState.ACCEPTED,
        payer=Payer.SENDER,
        visits=(paid_before(),),
        origin_office="MSK548",
        destination_office="NSK1",
        origin_city="Москва",
        destination_city="Новосибирск",
        tariff="Посылка склад-склад",
        weight_grams=3400,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def a_quote(order: Order, points: int = 490, earning: Earning = Earning.AFTER_FULL_PAYMENT) -> Quote:
    off = Money(points * 100)
    parts = off.split([line.total.kopecks for line in order.lines])
    return Quote(
        total=order.total,
        discounts=(),
        points=Points(points),
        points_off=off,
        redeemable=Points(490),
        amounts=tuple(line.total - part for line, part in zip(order.lines, parts, strict=True)),
        earning=earning,
        earned=Points(125) if earning is Earning.AFTER_FULL_PAYMENT else None,
        earn_percent=Decimal("5.00") if earning is Earning.AFTER_FULL_PAYMENT else None,
        source=QuoteSource.LIVE,
    )


def discounted(order: Order) -> Quote:
    amounts = tuple(line.total - Money(10_000) for line in order.lines)
    return replace(
        a_quote(order, 0),
        discounts=(Discount("Третья отправка −50 %", roubles(200)), Discount("Купон ОСЕНЬ", roubles(100))),
        amounts=amounts,
    )


def a_sale(points: int = 490, customer: Customer | None = None, order: Order | None = None) -> Sale:
    who, what = customer or member(), order or an_order()
    bare = Sale(UUID(int=1), NOW - timedelta(minutes=1), "MSK548", "1", CASHIER)
    return choosing.quoted(
        choosing.order_taken(choosing.identified(bare, who), what), a_quote(what, points), order_id=what.number
    )


def an_outage_sale(customer: Customer | None = None) -> Sale:
    who = customer or replace(member(), standing=Standing.UNRESOLVED)
    order = an_order()
    bare = Sale(UUID(int=1), NOW - timedelta(minutes=1), "MSK548", "1", CASHIER)
    return choosing.quoted(
        choosing.order_taken(choosing.identified(bare, who), order),
        base_quote(order, Earning.LATER),
        order_id=order.number,
    )


def cash(amount: Money, received: Money | None = None) -> Tender:
    return Tender(TenderKind.CASH, amount, received or amount)


def a_paid_sale(amount: Money | None = None, received: Money | None = None) -> Sale:
    """Money taken, the receipt on its way."""
    sale = a_sale()
    due = amount or sale.due
    asked = sale.payment_asked((cash(due, received),), at=NOW - timedelta(seconds=4))
    return creating.reserved(asked, Points(125)).paid(UUID(int=2)).receipt_sent(after=4101)


def a_done_sale(*, printed: bool = True) -> Sale:
    document = FiscalDocument(
        39090, "9999", "1", 118, 4102, NOW - timedelta(minutes=3), roubles(2500), "t=…", printed=printed
    )
    paid = a_paid_sale(received=roubles(3000))
    return paid.receipted(document).recorded(at=NOW - timedelta(minutes=3))


def an_unfinished_sale() -> Sale:
    asked = a_sale().payment_asked((cash(roubles(2500)),), at=NOW - timedelta(hours=2))
    return creating.reserved(asked, Points(125)).paid(UUID(int=2))


def stopped_sale() -> Sale:
    """Money taken, and the register did not take the receipt."""
    return an_unfinished_sale().troubled(STOPPED)


def carried_sale() -> Sale:
    """The second visit of an order whose points wait for the rest, brought by nobody in particular."""
    order = an_order(loyalty_order="1106153417")
    bare = choosing.order_taken(Sale(UUID(int=1), NOW - timedelta(minutes=1), "MSK548", "1", CASHIER), order)
    return choosing.quoted(bare, base_quote(order, Earning.CARRIED), order_id=order.loyalty_order)


def entries() -> tuple[QueueEntry, ...]:
    refused = "Процессинг ответил: «Потребитель с таким CDEK ID не найден»"
    down = "Система лояльности не отвечает с 13:58"
    return (
        QueueEntry(
            "offline:a",
            UUID(int=1),
            "1106151204",
            Service.PROCESSING,
            "Баллы за заказ",
            roubles(640),
            NOW - timedelta(hours=19, minutes=22),
            needs_human=True,
            reason=refused,
            next_try=None,
            attempts=1,
        ),
        *(
            QueueEntry(
                f"offline:{number}",
                None,
                number,
                Service.PROCESSING if number != "1106153390" else Service.ORDERS,
                "Баллы за заказ" if number != "1106153390" else "Оплата заказа",
                roubles(amount),
                NOW - timedelta(minutes=minutes),
                needs_human=False,
                reason=down if number != "1106153390" else "Служба заказов не отвечает",
                next_try=NOW + timedelta(seconds=18),
                attempts=2,
            )
            for number, amount, minutes in (("1106153417", 2990, 4), ("1106153390", 350, 11), ("1106153311", 200, 42))
        ),
    )


def lights(*also: Service, **states: LightState) -> tuple[Light, ...]:
    """Lights of what every till has, and of what this one has besides."""
    made = []
    for service in (Service.ORDERS, Service.PROCESSING, Service.REGISTER, Service.OFD, *also):
        state = states.get(service.value, LightState.GOOD)
        bad = state is not LightState.GOOD
        since = NOW - timedelta(minutes=4) if bad else NOW - timedelta(hours=5)
        made.append(
            Light(service, state, since, NOW - timedelta(minutes=5), DOWN if state is LightState.DOWN else None)
        )
    return tuple(made)


def counter(**changes: object) -> CounterState:
    """An idle counter in the middle of a good day, with these changes."""
    quiet = CounterState(
        now=NOW,
        office="MSK548",
        till="1",
        cashier=CASHIER,
        training=False,
        sale=None,
        wait=None,
        notice=None,
        unfinished=(),
        last=None,
        last_points=Arrival.NONE,
        lights=lights(),
        queue=QueueSummary(0, ZERO, None, None, 0),
        lanes=(),
        entries=(),
        totals=ShiftTotals(NOW - timedelta(hours=5, minutes=2), 37, roubles(48_210), 23, Points(3920)),
        register=RegisterState(ShiftState.OPEN, 118, 39_090, "9999"),
    )
    return replace(quiet, **changes)  # type: ignore[arg-type]


def with_queue(state: CounterState) -> CounterState:
    waiting = entries()
    total = Money.sum([each.amount for each in waiting])
    summary = QueueSummary(len(waiting), total, NOW - timedelta(minutes=42), NOW + timedelta(seconds=18), 1)
    return replace(state, entries=waiting, queue=summary, lanes=lanes())


def lanes() -> tuple[QueueLane, ...]:
    """Loyalty away for four minutes, the order service only slow."""
    soon = NOW + timedelta(seconds=18)
    away = NOW - timedelta(minutes=4)
    return (
        a_lane(count=3, amount=roubles(3830), next_try=soon, since=away, needs_human=1),
        a_lane(Service.ORDERS, amount=roubles(350), oldest=NOW - timedelta(minutes=11), next_try=soon),
    )


def a_lane(service: Service = Service.PROCESSING, **changes: object) -> QueueLane:
    """One entry that waits for loyalty, for no reason, with these changes."""
    usual = QueueLane(service, 1, roubles(2990), NOW - timedelta(minutes=42), None, None, False, 0, "")
    return replace(usual, **changes)  # type: ignore[arg-type]


def aged(hours: float, **changes: object) -> CounterState:
    """A counter whose oldest entry has waited so long."""
    state = with_queue(counter(**changes))
    return replace(state, queue=replace(state.queue, oldest=NOW - timedelta(hours=hours)))


def waiting(what: WaitFor, seconds: float = 1.0, *, slow: bool = True) -> Wait:
    return Wait(what, NOW - timedelta(seconds=seconds), slow)
