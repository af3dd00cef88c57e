"""Golden pages of fiscal documents: tags in words for a fiscal specialist, then the task that the register gets.

Written anew by `python -m tests.domain.fiscal_pages`; a changed page is read by somebody who knows 54-ФЗ.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pos_client.adapters.receipt_json import RegisterSettings, receipt_task
from pos_client.domain.money import Money
from pos_client.domain.order import Vat
from pos_client.domain.receipt import FiscalPayment, PaymentSign, Receipt, ReceiptKind, ReceiptLine, Settlement, Subject
from pos_client.domain.terms import IN_ADVANCE, AgentSign, Taxation
from tests.domain.fiscal_cases import Case, cases
from tests.domain.taxes import percent_of, tax_of

FOLDER: Final = Path(__file__).resolve().parent / "golden"

_KIND: Final = {ReceiptKind.SALE: "приход", ReceiptKind.RETURN: "возврат прихода"}
_METHOD: Final = {
    Settlement.FULL_PREPAYMENT: "предоплата 100 %",
    Settlement.PREPAYMENT: "предоплата",
    Settlement.ADVANCE: "аванс",
    Settlement.FULL: "полный расчёт",
    Settlement.PARTIAL_CREDIT: "частичный расчёт и кредит",
    Settlement.CREDIT: "передача в кредит",
    Settlement.CREDIT_PAYMENT: "оплата кредита",
}
_SUBJECT: Final = {Subject.COMMODITY: "товар", Subject.SERVICE: "услуга", Subject.PAYMENT: "платёж"}
_PAYMENT: Final = {
    PaymentSign.CASH: "наличными",
    PaymentSign.CASHLESS: "безналичными",
    PaymentSign.PREPAID: "предварительная оплата (зачёт)",
    PaymentSign.CREDIT: "последующая оплата (кредит)",
    PaymentSign.OTHER: "встречное предоставление",
}
_TAXATION: Final = {Taxation.GENERAL: "1, ОСН", Taxation.SIMPLIFIED_INCOME: "2, УСН доход"}
_AGENT: Final = {
    AgentSign.PAYING_AGENT: "4, платёжный агент",
    AgentSign.COMMISSION_AGENT: "32, комиссионер",
    AgentSign.ANOTHER: "64, агент",
}
# Codes of tag 1199, for the whole price and for money taken in advance.
_RATE: Final = {
    Vat.NONE: (6, 6),
    Vat.VAT0: (5, 5),
    Vat.VAT5: (7, 9),
    Vat.VAT7: (8, 10),
    Vat.VAT10: (2, 4),
    Vat.VAT20: (1, 3),
    Vat.VAT22: (11, 12),
}


def page(case: Case) -> str:
    """The page of a case, with a line feed at its end."""
    lines = [case.title, "=" * len(case.title), "", case.story, ""]
    for number, receipt in enumerate(case.receipts, start=1):
        if len(case.receipts) > 1:
            lines += [f"Документ {number} из {len(case.receipts)}", ""]
        lines += [*_document(receipt, case.settings), ""]
        lines += ["Задание ККТ (драйвер АТОЛ 10)", ""]
        lines += json.dumps(receipt_task(receipt, case.settings), ensure_ascii=False, indent=2).split("\n")
        lines.append("")
    # No-break spaces look like any other on a page and are a nuisance in a comparison.
    return "\n".join(line.replace("\N{NO-BREAK SPACE}", " ").rstrip() for line in lines)


def _document(receipt: Receipt, settings: RegisterSettings) -> Iterator[str]:
    correction = receipt.correction
    yield "Кассовый чек коррекции" if correction else "Кассовый чек"
    yield _tag(1054, "признак расчёта", f"{receipt.kind.value}, {_KIND[receipt.kind]}")
    yield _tag(1055, "система налогообложения", _TAXATION[receipt.taxation or settings.taxation])
    if correction:
        yield _tag(1173, "тип коррекции", "0, самостоятельно")
        yield _tag(1178, "дата корректируемого расчёта", f"{correction.settled_on:%d.%m.%Y}")
        yield _tag(1192, "признак неверного документа", correction.wrong_sign)
    yield _tag(1021, "кассир", receipt.cashier)
    yield _tag(1203, "ИНН кассира", receipt.cashier_inn)
    yield _tag(1187, "место расчётов", settings.place)
    if receipt.contact:
        yield _tag(1008, "адрес покупателя", receipt.contact)
        yield _tag(1117, "адрес отправителя", settings.sender_email)
    yield f"       чек: {_medium(receipt)}"
    yield _tag(1084, "реквизит пользователя", f"orderUuid = {receipt.sale_id}")
    for number, line in enumerate(receipt.lines, start=1):
        yield ""
        yield f"  1059 предмет расчёта {number}"
        yield from (f"  {tag}" for tag in _line(line, settings))
    yield ""
    yield _tag(1020, "ИТОГ", str(receipt.total))
    yield from (
        _tag(payment.sign.value, _PAYMENT[payment.sign], str(amount)) for payment, amount in _kept_payments(receipt)
    )
    handed = Money.sum([payment.sum for payment in receipt.payments]) - receipt.total
    if handed:
        yield f"       сдача {handed}"
    yield from _taxes(receipt)
    yield from (f"       текст под чеком: {note}" for note in receipt.notes)


def _kept_payments(receipt: Receipt) -> Iterator[tuple[FiscalPayment, Money]]:
    rest = receipt.total
    for payment in receipt.payments:
        kept = min(payment.sum, rest)
        rest -= kept
        yield payment, kept


def _line(line: ReceiptLine, settings: RegisterSettings) -> Iterator[str]:
    yield _tag(1030, "наименование", line.name)
    yield _tag(1079, "цена за единицу", str(line.price))
    yield _tag(1023, "количество", f"{line.quantity} шт. (мера 2108 = 0)")
    yield _tag(1043, "стоимость", str(line.amount))
    yield _tag(1214, "признак способа расчёта", f"{line.settlement.value}, {_METHOD[line.settlement]}")
    yield _tag(1212, "признак предмета расчёта", f"{line.subject.value}, {_SUBJECT[line.subject]}")
    code = _RATE[line.vat][line.settlement in IN_ADVANCE]
    yield _tag(1199, "ставка НДС", f"{code}, {_rate(line)}")
    if percent_of(line.vat):
        yield f"       НДС в стоимости {tax_of(line.amount, line.vat)} (считает ККТ)"
    if line.seller is not None:
        agent = line.agent or settings.agent
        yield _tag(1222, "признак агента", _AGENT[agent.sign])
        if agent.operation:
            yield _tag(1044, "операция платёжного агента", agent.operation)
        if agent.phone:
            yield _tag(1073, "телефон платёжного агента", agent.phone)
        yield _tag(1225, "поставщик", line.seller.name)
        yield _tag(1171, "телефон поставщика", line.seller.phone)
        yield _tag(1226, "ИНН поставщика", line.seller.inn)


def _taxes(receipt: Receipt) -> Iterator[str]:
    """Tax by rate, as the sum of the lines; a device may round the whole otherwise, and then it is right."""
    taxes: dict[str, Money] = {}
    for line in receipt.lines:
        taxes[_rate(line)] = taxes.get(_rate(line), Money(0)) + tax_of(line.amount, line.vat)
    for rate, tax in taxes.items():
        yield f"       НДС чека, {rate}: {tax}"


def _rate(line: ReceiptLine) -> str:
    percent = percent_of(line.vat)
    if line.vat is Vat.NONE:
        return "без НДС"
    return f"{percent}/{100 + percent}" if line.settlement in IN_ADVANCE and percent else f"{percent} %"


def _medium(receipt: Receipt) -> str:
    if not receipt.paper:
        return "только электронный"
    return "бумажный и электронный" if receipt.contact else "бумажный"


def _tag(tag: int, name: str, value: str) -> str:
    return f"  {tag} {name}: {value}"


def main() -> None:
    """Write every page anew, and remove those of cases that are no more."""
    written = {f"{case.slug}.txt": page(case) for case in cases()}
    for old in FOLDER.glob("*.txt"):
        if old.name not in written:
            old.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
