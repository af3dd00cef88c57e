"""States of the counter in which loyalty is the matter, built by hand."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from pos_client.counter.state import AccountReading, CodeAsked, CounterState, Joining, JoinStep, Reconciliation
from pos_client.domain import choosing
from pos_client.domain.account import Blocked
from pos_client.domain.customer import Balance, Candidate, Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.debts import Debt, DebtState
from pos_client.domain.joining import ConsentText, Purpose
from pos_client.domain.loyalty import Coupon, CouponState, Discount, Earning, Quote, base_quote
from pos_client.domain.money import NO_POINTS, ZERO, Money, Points
from pos_client.domain.order import TenderKind
from pos_client.domain.payment import TenderState
from pos_client.domain.sale import Sale, Trouble
from pos_client.ui.commands import JoinApply
from pos_client.ui.entry import Entry, Mode
from pos_client.ui.joining_entry import JoinForm
from tests.ui import counter_states as given
from tests.ui import tender_states as pays

TEXTS = (
    ConsentText(
        Purpose.PROGRAMME,
        "programme",
        "2026-09",
        "Правила программы CDEK ID",
        "Я вступаю в программу CDEK ID и согласен с её правилами: баллы начисляются после полной оплаты заказа, "
        "сгорают в срок, который называет программа, и не обмениваются на деньги.",
    ),
    ConsentText(
        Purpose.PERSONAL_DATA,
        "personal-data",
        "2026-09",
        "Обработка персональных данных",
        "Я разрешаю обрабатывать мой телефон и имя, чтобы вести мой счёт в программе. Согласие можно отозвать в "
        "приложении или в любом пункте выдачи.",
    ),
    ConsentText(
        Purpose.ADVERTISING,
        "advertising",
        "2026-09",
        "Сообщения о скидках",
        "Я хочу получать сообщения об акциях. Отказаться можно в любой момент.",
    ),
)
MESSAGES = (
    "Подарок: +100 баллов на 30 дней за третью отправку, они придут с начислением за заказ после полной оплаты.",
    "Следующая отправка до 30 ноября — скидка 20 %.",
)
DOWN_FOR_CODE = Trouble(
    "Код не отправлен: процессинг не отвечает.",
    money="Деньги и баллы не затронуты.",
    action="Отправьте ещё раз или продолжайте без кода. Продажу можно закончить в любой момент.",
    say="Код сейчас не отправить. Оплатить заказ это не мешает.",
)


def a_debt(state: DebtState = DebtState.OWED, **changes: object) -> Debt:
    usual = Debt(
        UUID(int=1),
        "1106150002",
        "1106150002-offline-0001",
        given.member().key,
        "11",
        given.NOW - timedelta(days=2),
        Points(45),
        state,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def debts() -> tuple[Debt, ...]:
    """One promised, one by the rules of the day, one accrued, one refused, one refunded."""
    return (
        a_debt(),
        a_debt(expected=None, order_number="1106150019"),
        a_debt(DebtState.ACCRUED, accrued=Points(30), waits_for_payment=True, order_number="1106150032"),
        a_debt(
            DebtState.REFUSED, words="Заказ международный: баллы за него не начисляются.", order_number="1106150070"
        ),
        a_debt(DebtState.CANCELLED, order_number="1106150063"),
    )


def an_account(*blocked: Blocked) -> AccountReading:
    return AccountReading(blocked or (Blocked(Points(80), "1106150002"),), (), given.NOW)


def ambiguous(count: int = 3) -> Sale:
    there = (
        Candidate("11", "Анна С.", "+7 916 •••-••-67", "Серебро"),
        Candidate("12", "Андрей С.", "+7 903 •••-••-12", "Старт"),
        Candidate("13", "Анна-Мария К.", "+7 985 •••-••-90"),
    )
    who = given.standing(Standing.AMBIGUOUS, candidates=(there * 4)[:count])
    bare = replace(given.a_sale(0), customer=who)
    return choosing.quoted(bare, base_quote(given.an_order(), Earning.NOT_MEMBER), order_id="1")


def blocked_card() -> Sale:
    who = replace(given.member(), key=CustomerKey(KeyKind.CARD, "2200001"), card_blocked=True)
    bare = replace(given.a_sale(0), customer=who)
    return choosing.quoted(bare, base_quote(given.an_order(), Earning.BLOCKED), order_id="1")


def with_coupons(*coupons: Coupon, messages: tuple[str, ...] = (), points: int = 0) -> Sale:
    order = given.an_order()
    quote: Quote = replace(given.a_quote(order, points), coupons=coupons, messages=messages)
    applied = tuple(each for each in coupons if each.state is CouponState.APPLIED and each.amount)
    if applied:
        off = Money.sum([each.amount for each in applied])
        amounts = (quote.amounts[0] - off, *quote.amounts[1:])
        discounts = tuple(Discount(each.name, each.amount) for each in applied)
        quote = replace(quote, discounts=discounts, amounts=amounts)
    bare = choosing.coupons_named(given.a_sale(0), *(each.code for each in coupons))
    return choosing.quoted(bare, quote, order_id=order.number)


AUTUMN = Coupon("ОСЕНЬ26", CouponState.APPLIED, given.roubles(100), "Осенняя скидка")
EXPIRED = Coupon("ЛЕТО25", CouponState.EXPIRED)


def code_asked(**changes: object) -> CodeAsked:
    usual = CodeAsked("+7 916 •••-••-67", given.NOW - timedelta(seconds=12))
    return replace(usual, **changes)  # type: ignore[arg-type]


def nobody() -> Sale:
    """An order with no customer."""
    sale = replace(given.a_sale(0), customer=None)
    return choosing.quoted(sale, base_quote(given.an_order(), Earning.NO_CUSTOMER), order_id="1")


def a_form(**changes: object) -> Joining:
    return replace(Joining(JoinStep.FORM, TEXTS), **changes)  # type: ignore[arg-type]


FILLED = JoinForm("79161234567", "Анна", frozenset({Purpose.PROGRAMME, Purpose.PERSONAL_DATA}), at=4)
APPLIED = JoinApply("79161234567", "Анна", FILLED.purposes)


def a_joining_code(**changes: object) -> Joining:
    usual = Joining(JoinStep.CODE, TEXTS, FILLED.purposes, "Анна", "+7 916 •••-••-67", code_asked())
    return replace(usual, **changes)  # type: ignore[arg-type]


def a_new_member(points: int = 50) -> Customer:
    balance = Balance(Points(points), NO_POINTS, None, given.NOW)
    return replace(given.member(), name="Анна", level="", balance=balance)


def joined(points: int = 50) -> Joining:
    return Joining(JoinStep.DONE, TEXTS, customer=a_new_member(points))


RECONCILED = Reconciliation(given.NOW - timedelta(minutes=2), ("СВЕРКА ИТОГОВ", "ИТОГИ СОВПАЛИ"), printed=True)


def a_shift(**changes: object) -> CounterState:
    """A good day with some debts in it."""
    totals = replace(
        given.counter().totals,
        with_points=11,
        by_tender=((TenderKind.CASH, given.roubles(48_210)), (TenderKind.CARD, ZERO)),
    )
    owed = {DebtState.OWED: 3, DebtState.ACCRUED: 5, DebtState.REFUSED: 1}
    quiet = given.counter().register
    opened = quiet and replace(quiet, shift_since=totals.since)
    sums = {"totals": totals, "shift_totals": changes.get("totals", totals)}
    return given.counter(**{**sums, "register": opened, "shift_debts": owed, **changes})


def states() -> dict[str, tuple[CounterState, Entry]]:
    """Every state of loyalty that is worth a look, by the name of its picture."""
    sale = given.a_sale(0)
    account = an_account()
    join = Entry(mode=Mode.JOIN, join=FILLED)
    newcomer = given.counter(sale=nobody(), joining=a_form())
    return {
        "card-full": (given.counter(sale=sale, account=account, debts=debts()), Entry()),
        "card-code": (given.counter(sale=sale, code=code_asked()), Entry(mode=Mode.CODE, text="42")),
        "card-code-wrong": (given.counter(sale=sale, code=code_asked(wrong=1)), Entry(mode=Mode.CODE)),
        "card-code-spent": (given.counter(sale=sale, code=code_asked(wrong=3)), Entry(mode=Mode.CODE)),
        "card-code-down": (given.counter(sale=sale, code=code_asked(trouble=DOWN_FOR_CODE)), Entry(mode=Mode.CODE)),
        "card-coupon": (
            given.counter(sale=with_coupons(AUTUMN, EXPIRED, messages=MESSAGES)),
            Entry(mode=Mode.COUPON, text="ВЕСНА"),
        ),
        "coupons": (given.counter(sale=with_coupons(AUTUMN, EXPIRED, messages=MESSAGES), account=account), Entry()),
        "messages-help": (given.counter(sale=with_coupons(messages=MESSAGES)), Entry(help_open=True)),
        "candidates": (given.counter(sale=ambiguous()), Entry()),
        "candidates-nine": (given.counter(sale=ambiguous(12)), Entry()),
        "blocked-card": (given.counter(sale=blocked_card()), Entry()),
        "nobody": (given.counter(sale=nobody()), Entry()),
        "join": (newcomer, Entry(mode=Mode.JOIN)),
        "join-filled": (newcomer, join),
        "join-idle": (given.counter(joining=a_form()), join),
        "join-refused": (
            newcomer,
            replace(join, note="Без этого согласия вступить нельзя: «Правила программы CDEK ID»."),
        ),
        "join-texts": (newcomer, replace(join, help_open=True)),
        "join-code": (given.counter(sale=nobody(), joining=a_joining_code()), Entry(mode=Mode.JOIN_CODE, text="481")),
        "join-code-down": (
            given.counter(sale=nobody(), joining=a_joining_code(trouble=DOWN_FOR_CODE)),
            Entry(mode=Mode.JOIN_CODE),
        ),
        "join-cash": (newcomer, Entry(mode=Mode.CASH, text="3000", join=FILLED)),
        "join-done": (given.counter(sale=given.a_sale(0, customer=a_new_member()), joining=joined()), Entry()),
        "shift": (a_shift(), Entry(shift_open=True)),
        "shift-reconciled": (
            a_shift(means=(TenderKind.CASH, TenderKind.CARD), reconciliation=RECONCILED),
            Entry(shift_open=True),
        ),
        "shift-unfinished": (
            a_shift(
                totals=replace(a_shift().totals, refunds=1, given_back=Money(1_210_00)),
                unfinished=(
                    pays.paying(
                        pays.tender(TenderKind.CASH, 1000, TenderState.APPROVED),
                        pays.tender(TenderKind.CARD, 1500, TenderState.APPROVED),
                    ),
                ),
                means=(TenderKind.CASH, TenderKind.CARD),
            ),
            Entry(shift_open=True),
        ),
        "shift-empty": (
            a_shift(totals=replace(given.counter().totals, sales=0, taken=ZERO, with_customer=0), shift_debts={}),
            Entry(shift_open=True),
        ),
        "idle-owed": (given.counter(last=given.a_done_sale(), last_debt=a_debt()), Entry()),
        "idle-accrued": (
            given.counter(last=given.a_done_sale(), last_debt=a_debt(DebtState.ACCRUED, accrued=Points(45))),
            Entry(),
        ),
        "idle-refused": (
            given.counter(
                last=given.a_done_sale(),
                last_debt=a_debt(DebtState.REFUSED, words="Потребитель с таким CDEK ID не найден"),
            ),
            Entry(),
        ),
    }
