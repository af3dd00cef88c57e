"""Every kind of fiscal document that the till makes, one case a page: what happened, and the receipts for it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from pos_client.adapters.receipt_json import RegisterSettings
from pos_client.domain.correction import correction_of
from pos_client.domain.loyalty import Earning, Quote, base_quote
from pos_client.domain.money import ZERO, Money, Points
from pos_client.domain.order import (
    LineKind,
    Order,
    OrderLine,
    OrderState,
    Payer,
    Seller,
    TenderKind,
    Vat,
    Visit,
    VisitTender,
)
from pos_client.domain.paid_order import PaidOrder, PaidVisit
from pos_client.domain.payment import Tender
from pos_client.domain.receipt import (
    FiscalDocument,
    FiscalPayment,
    PaymentSign,
    Receipt,
    ReceiptLine,
    Settlement,
    Subject,
    receipt_for,
)
from pos_client.domain.refund import Refund, return_receipt
from pos_client.domain.sale import Cashier
from pos_client.domain.settling import FiscalRules
from pos_client.domain.terms import Agent, AgentSign, Taxation

CASHIER = Cashier("Иванова М. А.", "123654789507")
SETTINGS = RegisterSettings(place="ПВЗ MSK548", sender_email="cheki@example.ru")
SALE = UUID("72753031-0d6f-4c0e-8a9c-1c7b3b1c0001")
YEAR_2025 = datetime(2025, 12, 20, 9, 30, tzinfo=UTC)
YEAR_2026 = datetime(2026, 1, 15, 7, 33, tzinfo=UTC)
SELLER = Seller("ООО «Ромашка»", "7707083893", "+74950000000")
PAYING_AGENT = Agent(AgentSign.PAYING_AGENT, "Приём платежа", "+78002501405")

AT_ACCEPTANCE = Order(
    number="1106153417",
    uuid="72753031-0000-4fc8-97ee-000000000001",
    lines=(
        OrderLine("1", "Доставка", LineKind.DELIVERY, Money(450000), vat=Vat.VAT22, code="136"),
        OrderLine("2", "Упаковка", LineKind.SERVICE, Money(30000), vat=Vat.VAT22),
        OrderLine("3", "Подъём на этаж", LineKind.SERVICE, Money(19000), vat=Vat.VAT22),
    ),
    state=OrderState.ACCEPTED,
    payer=Payer.SENDER,
    origin_office="MSK548",
    destination_office="NSK1",
)
AT_HAND_OVER = replace(AT_ACCEPTANCE, state=OrderState.WAITING, payer=Payer.RECIPIENT)
STATED_IN_2025 = replace(AT_ACCEPTANCE, lines=tuple(replace(line, vat=Vat.VAT20) for line in AT_ACCEPTANCE.lines))
COD = replace(
    AT_HAND_OVER,
    lines=(
        OrderLine("g1", "Кружка", LineKind.GOODS, Money(149900), quantity=2, vat=Vat.NONE, seller=SELLER),
        OrderLine("g2", "Чайник", LineKind.GOODS, Money(249900), vat=Vat.VAT22, seller=SELLER),
        OrderLine("d", "Доставка", LineKind.DELIVERY, Money(35000), vat=Vat.VAT22, code="136"),
    ),
)


@dataclass(frozen=True, slots=True)
class Case:
    """One page: its file, its title, what happened in words, and the documents with the register's settings."""

    slug: str
    title: str
    story: str
    receipts: tuple[Receipt, ...]
    settings: RegisterSettings = SETTINGS


def cash(roubles: int, handed: int | None = None) -> Tender:
    return Tender(TenderKind.CASH, Money(roubles * 100), Money((roubles if handed is None else handed) * 100))


def card(roubles: int) -> Tender:
    return Tender(TenderKind.CARD, Money(roubles * 100), Money(roubles * 100))


def sbp(roubles: int) -> Tender:
    return Tender(TenderKind.SBP, Money(roubles * 100), Money(roubles * 100))


def price(order: Order, *, points: int = 0, off: tuple[int, ...] = ()) -> Quote:
    """The order's price with these kopecks off each line, all of them by points worth a rouble each."""
    if not off:
        return base_quote(order, Earning.NO_CUSTOMER)
    amounts = tuple(line.total - Money(part) for line, part in zip(order.lines, off, strict=True))
    return Quote(order.total, (), Points(points), Money(sum(off)), Points(points), amounts, Earning.AFTER_FULL_PAYMENT)


def after(order: Order, *paid: tuple[int, datetime], office: str = "MSK548") -> Order:
    """The order after visits that paid so many roubles by card."""
    visits = tuple(
        Visit(f"v{at}", when, office, (VisitTender(TenderKind.CARD, Money(roubles * 100)),))
        for at, (roubles, when) in enumerate(paid)
    )
    return replace(order, visits=visits)


def receipt(
    order: Order,
    *tenders: Tender,
    at: datetime = YEAR_2026,
    quote: Quote | None = None,
    rules: FiscalRules | None = None,
    contact: str = "",
    paper: bool = True,
) -> Receipt:
    return receipt_for(
        order,
        quote or price(order),
        tenders,
        sale_id=SALE,
        cashier=CASHIER.name,
        cashier_inn=CASHIER.inn,
        contact=contact,
        paper=paper,
        at=at,
        rules=rules or FiscalRules(),
    )


def returned(order: Order, *receipts: tuple[Receipt, tuple[Tender, ...]], at: datetime = YEAR_2026) -> Receipt:
    """The return of everything that these receipts took."""
    visits = tuple(
        PaidVisit(
            id=f"v{number}",
            at=at,
            office="MSK548",
            till="1",
            cashier=CASHIER.name,
            tenders=tuple(VisitTender(tender.kind, tender.amount) for tender in tenders),
            discount=ZERO,
            points_spent=Points(0),
            loyalty_order="",
            document=str(4100 + number),
            fn="9999078900001341",
            lines=made.lines,
        )
        for number, (made, tenders) in enumerate(receipts, start=1)
    )
    return return_receipt(Refund(SALE, YEAR_2026, "MSK548", "1", CASHIER, PaidOrder(order, visits)))


def corrected(wrong: Receipt, right: Receipt | None, *, at: datetime = YEAR_2026) -> tuple[Receipt, ...]:
    """Both steps of the correction of a document registered then."""
    document = FiscalDocument(39090, "9999078900001341", "3635260533", 367, 1, at, wrong.total, "t=…")
    made = correction_of(
        wrong,
        document,
        right,
        correction_id=UUID("72753031-0d6f-4c0e-8a9c-1c7b3b1c0002"),
        task_ids=(UUID(int=1), UUID(int=2)),
        opened_at=YEAR_2026,
        cashier=CASHIER,
        rules=FiscalRules(),
    )
    return tuple(step.receipt for step in made.steps)


def cases() -> Iterator[Case]:
    """All pages, in the sequence of their files."""
    yield from _chains()
    yield from _credits()
    yield from _returns()
    yield from _turn_of_the_year()
    yield from _agents()
    yield from _points_and_payments()
    yield from _corrections()


def _chains() -> Iterator[Case]:
    yield Case(
        "01-full-prepayment",
        "Предоплата 100 %",
        "Отправитель при приёме посылки платит картой всё: доставка ещё не оказана.",
        (receipt(AT_ACCEPTANCE, card(4990)),),
    )
    yield Case(
        "02-hand-over-after-full-prepayment",
        "Выдача после предоплаты 100 %: зачёт",
        "Посылка выдаётся, всё оплачено раньше: полный расчёт с зачётом предоплаты, денег нет.",
        (receipt(after(AT_HAND_OVER, (4990, YEAR_2026))),),
    )
    yield Case(
        "03-part-prepayment",
        "Предоплата части",
        "Отправитель при приёме платит 1 000 ₽ наличными из 4 990 ₽: часть делится по строкам заказа.",
        (receipt(AT_ACCEPTANCE, cash(1000)),),
    )
    yield Case(
        "04-second-prepayment",
        "Вторая предоплата",
        "Раньше заплачено 1 000 ₽, теперь остальное, но посылка ещё у отправителя: снова предоплата.",
        (receipt(after(AT_ACCEPTANCE, (1000, YEAR_2026)), card(3990)),),
    )
    yield Case(
        "05-hand-over-rest-paid",
        "Выдача с доплатой: полный расчёт с зачётом",
        "Раньше заплачено 1 000 ₽; получатель доплачивает картой и забирает посылку.",
        (receipt(after(AT_HAND_OVER, (1000, YEAR_2026)), card(3990)),),
    )
    yield Case(
        "06-paid-and-handed-over-at-once",
        "Оплата и выдача сразу: полный расчёт",
        "Получатель платит всё и забирает посылку: одного чека достаточно.",
        (receipt(AT_HAND_OVER, card(4990)),),
    )
    yield Case(
        "07-acceptance-settles",
        "Оплата при приёме по учётной политике «услуга оказана приёмом»",
        "Настройка acceptance_settles = true: отправитель платит всё, чек — полный расчёт.",
        (receipt(AT_ACCEPTANCE, card(4990), rules=FiscalRules(acceptance_settles=True)),),
    )
    advance = ReceiptLine("Аванс", Money(100000), 1, Settlement.ADVANCE, Subject.PAYMENT, Vat.VAT22)
    yield Case(
        "08-advance",
        "Аванс",
        "Деньги приняты, а за что, неизвестно. Касса ПВЗ таких чеков не делает: заказ известен всегда.",
        (Receipt(SALE, "", (advance,), (FiscalPayment(PaymentSign.CASH, Money(100000)),), CASHIER.name, CASHIER.inn),),
    )


def _credits() -> Iterator[Case]:
    on_credit = FiscalRules(on_credit=True)
    lines = receipt(AT_HAND_OVER, card(4990)).lines
    all_owed = replace(
        receipt(AT_HAND_OVER, card(4990)),
        lines=tuple(replace(line, settlement=Settlement.CREDIT) for line in lines),
        payments=(FiscalPayment(PaymentSign.CREDIT, Money(499000)),),
    )
    yield Case(
        "09-part-now-rest-on-credit",
        "Частичный расчёт и кредит",
        "Настройка on_credit = true: получатель забирает посылку, платит 1 000 ₽, остальное должен.",
        (receipt(AT_HAND_OVER, cash(1000), rules=on_credit),),
    )
    yield Case(
        "10-all-on-credit",
        "Передача в кредит",
        "Посылка выдана, не заплачено ничего. Касса ПВЗ таких чеков не делает: без денег нет визита. Чек другой кассы, "
        "по которому здесь платят долг или возвращают заказ.",
        (all_owed,),
    )
    owing = after(AT_HAND_OVER, (1000, YEAR_2026), office="NSK1")
    yield Case(
        "11-credit-paid",
        "Оплата кредита",
        "Посылка выдана раньше в кредит; получатель платит 2 000 ₽ долга.",
        (receipt(owing, card(2000), rules=on_credit),),
    )


def _returns() -> Iterator[Case]:
    prepaid = receipt(AT_ACCEPTANCE, card(4990))
    yield Case(
        "12-return-of-prepayment",
        "Возврат предоплаты 100 %",
        "Отправитель отказался: возвращается всё, строки повторяют чек предоплаты.",
        (returned(AT_ACCEPTANCE, (prepaid, (card(4990),))),),
    )
    first, rest = (cash(1000),), (card(3990),)
    visited = after(AT_HAND_OVER, (1000, YEAR_2026))
    yield Case(
        "13-return-of-settlement",
        "Возврат после полного расчёта с зачётом",
        "Было 1 000 ₽ предоплаты наличными и 3 990 ₽ картой при выдаче: возвращается каждое тем же способом.",
        (returned(visited, (receipt(AT_ACCEPTANCE, *first), first), (receipt(visited, *rest), rest)),),
    )
    parts = (cash(1000),), (card(500),)
    later = after(AT_ACCEPTANCE, (1000, YEAR_2026))
    yield Case(
        "14-return-of-part-prepayments",
        "Возврат двух частичных предоплат",
        "Заказ оплачен не до конца: одним чеком возвращается всё, что заплачено.",
        (returned(later, (receipt(AT_ACCEPTANCE, *parts[0]), parts[0]), (receipt(later, *parts[1]), parts[1])),),
    )
    owing = receipt(AT_HAND_OVER, *first, rules=FiscalRules(on_credit=True))
    yield Case(
        "15-return-of-credit",
        "Возврат проданного в кредит",
        "Выдано в кредит с оплатой 1 000 ₽: возвращаются услуги целиком, 1 000 ₽ деньгами, долг снимается.",
        (returned(after(AT_HAND_OVER, (1000, YEAR_2026)), (owing, first)),),
    )


def _turn_of_the_year() -> Iterator[Case]:
    at_hand_over = replace(STATED_IN_2025, state=OrderState.WAITING)
    sold = receipt(at_hand_over, card(4990), at=YEAR_2025)
    yield Case(
        "16-sold-in-2025",
        "Полный расчёт в 2025 году",
        "Оплата и выдача 20.12.2025: НДС 20 %.",
        (sold,),
    )
    yield Case(
        "17-return-in-2026-of-2025",
        "Возврат в 2026 году продажи 2025 года",
        "Возврат 15.01.2026 повторяет ставку чека продажи: НДС 20 %.",
        (returned(at_hand_over, (sold, (card(4990),)), at=YEAR_2025),),
    )
    yield Case(
        "18-prepaid-in-2025",
        "Предоплата в 2025 году",
        "Отправитель платит 1 000 ₽ 20.12.2025: НДС 20/120.",
        (receipt(STATED_IN_2025, card(1000), at=YEAR_2025),),
    )
    yield Case(
        "19-hand-over-in-2026-prepaid-in-2025",
        "Выдача в 2026 году по предоплате 2025 года",
        "В заказе записана ставка 20 %, но услуга оказана 15.01.2026: зачёт и доплата по ставке 22 %.",
        (receipt(after(at_hand_over, (1000, YEAR_2025)), card(3990)),),
    )
    yield Case(
        "20-more-prepaid-in-2026",
        "Доплата предоплаты в 2026 году",
        "Первая часть предоплачена в 2025 году, вторая 15.01.2026 до выдачи: НДС 22/122.",
        (receipt(after(STATED_IN_2025, (1000, YEAR_2025)), card(2000)),),
    )
    owing = after(at_hand_over, (1000, YEAR_2025), office="NSK1")
    on_credit = FiscalRules(on_credit=True)
    yield Case(
        "21-credit-of-2025-paid-in-2026",
        "Выдано в кредит в 2025 году, оплачено в 2026 году",
        "Первый чек 20.12.2025, второй 15.01.2026: в обоих НДС 20 %, по дню выдачи.",
        (
            receipt(at_hand_over, card(1000), at=YEAR_2025, rules=on_credit),
            receipt(owing, card(3990), rules=on_credit),
        ),
    )
    wrong = replace(sold, payments=(FiscalPayment(PaymentSign.CASH, sold.total),))
    yield Case(
        "22-correction-in-2026-of-2025",
        "Исправление в 2026 году чека 2025 года",
        "Оплата была картой, чек 20.12.2025 пробит на наличные: сторно и правильный чек, оба с НДС 20 %.",
        corrected(wrong, sold, at=YEAR_2025),
    )


def _agents() -> Iterator[Case]:
    yield Case(
        "23-agent",
        "Наложенный платёж: агент (иной)",
        "Получатель платит за товар магазина и за доставку. Товар — агентские строки с поставщиком, доставка — своя.",
        (receipt(COD, card(5847)),),
    )
    yield Case(
        "24-paying-agent",
        "Наложенный платёж: платёжный агент",
        "Та же оплата, ККТ зарегистрирована как платёжный агент: имя и телефон поставщика и операция обязательны.",
        (receipt(COD, card(5847), rules=FiscalRules(agent=PAYING_AGENT)),),
    )
    yield Case(
        "25-return-of-agent",
        "Возврат наложенного платежа",
        "Строки возврата повторяют поставщика, ставку и цену чека продажи.",
        (returned(COD, (receipt(COD, card(5847)), (card(5847),))),),
    )


def _points_and_payments() -> Iterator[Case]:
    yield Case(
        "26-points",
        "Скидка баллами",
        "490 баллов снижают цену строк (тег 1079), оплаты «баллами» в чеке нет.",
        (receipt(AT_HAND_OVER, cash(4500), quote=price(AT_HAND_OVER, points=490, off=(44188, 2946, 1866))),),
    )
    boxes = replace(AT_HAND_OVER, lines=(OrderLine("b", "Короб", LineKind.SERVICE, Money(10000), 3, Vat.VAT22),))
    yield Case(
        "27-line-split",
        "Скидка не делится на количество",
        "3 короба по 100 ₽, скидка 1 балл: строка делится на две с ценой, отличной на копейку.",
        (receipt(boxes, card(299), quote=price(boxes, points=1, off=(100,))),),
    )
    yield Case(
        "28-all-by-points",
        "Оплачено баллами целиком",
        "Цена каждой строки 0, «встречное предоставление» 0 (письмо АБ-4-20/6093).",
        (receipt(AT_HAND_OVER, quote=price(AT_HAND_OVER, points=4990, off=(450000, 30000, 19000))),),
    )
    yield Case(
        "29-mixed-tenders",
        "Смешанная оплата со сдачей",
        "Карта 2 000 ₽, СБП 1 490 ₽, наличные 1 500 ₽ с купюры 2 000 ₽: сдача 500 ₽ только с наличных.",
        (receipt(AT_HAND_OVER, cash(1500, 2000), card(2000), sbp(1490)),),
    )
    yield Case(
        "30-return-of-mixed-tenders",
        "Возврат смешанной оплаты",
        "Возвращается каждым способом столько, сколько им заплачено; сдача не возвращается.",
        (
            returned(
                AT_HAND_OVER,
                (receipt(AT_HAND_OVER, cash(1500, 2000), card(3490)), (cash(1500, 2000), card(3490))),
            ),
        ),
    )
    yield Case(
        "31-electronic-receipt",
        "Только электронный чек",
        "Покупатель до расчёта назвал почту и отказался от бумаги.",
        (receipt(AT_HAND_OVER, card(4990), contact="anna@example.ru", paper=False),),
    )
    yield Case(
        "32-paper-and-electronic-receipt",
        "Бумажный и электронный чек",
        "Покупатель до расчёта назвал телефон, бумажный чек тоже нужен.",
        (receipt(AT_HAND_OVER, card(4990), contact="+79165550067"),),
    )


def _corrections() -> Iterator[Case]:
    right = receipt(AT_HAND_OVER, cash(4990, 5000))
    wrong = receipt(AT_ACCEPTANCE, cash(4990, 5000))
    yield Case(
        "33-correction-of-sign",
        "Коррекция: неверный признак способа расчёта",
        "Чек пробит предоплатой, а посылка уже выдана: сторно неверного, затем верный.",
        corrected(wrong, right),
    )
    yield Case(
        "34-correction-of-a-document-that-should-not-be",
        "Коррекция: лишний чек",
        "Чек пробит, а расчёта не было: только сторно.",
        corrected(right, None),
    )
    back = returned(AT_HAND_OVER, (receipt(AT_HAND_OVER, card(4990)), (card(4990),)))
    yield Case(
        "35-correction-of-return",
        "Коррекция возврата",
        "Возврат на карту пробит наличными: сторно (приход), затем верный возврат.",
        corrected(replace(back, payments=(FiscalPayment(PaymentSign.CASH, back.total),)), back),
    )
    simplified = FiscalRules(taxation=Taxation.SIMPLIFIED_INCOME)
    yield Case(
        "36-correction-of-taxation",
        "Коррекция: неверная система налогообложения",
        "В настройках кассы стояла УСН, а применяется ОСН: сторно повторяет УСН неверного чека, верный — с ОСН.",
        corrected(receipt(AT_HAND_OVER, card(4990), rules=simplified), receipt(AT_HAND_OVER, card(4990))),
    )
    as_another = receipt(COD, card(5847))
    yield Case(
        "37-correction-of-agent",
        "Коррекция: неверный признак агента",
        "Товар продан как «агент», а касса — платёжный агент: сторно повторяет прежний признак, верный — с новым.",
        corrected(as_another, receipt(COD, card(5847), rules=FiscalRules(agent=PAYING_AGENT))),
    )
    sold = receipt(AT_HAND_OVER, card(4990))
    first, *others = sold.lines
    dearer = replace(first, price=first.price + Money(100))
    yield Case(
        "38-correction-of-total",
        "Коррекция: касса пробила другой итог",
        "Продали на 4 990 ₽, касса зарегистрировала 4 991 ₽: сторно повторяет суммы, как они записаны в накопителе.",
        corrected(
            replace(
                sold, lines=(dearer, *others), payments=(FiscalPayment(PaymentSign.CASHLESS, sold.total + Money(100)),)
            ),
            sold,
        ),
    )
