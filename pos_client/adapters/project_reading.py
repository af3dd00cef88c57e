"""What a project's answers to made-up questions show of its names: order id, products, account, level."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pos_client.adapters.customer_reading import system_of
from pos_client.adapters.operations import Outcome, OutcomeKind
from pos_client.adapters.processing_wire import ProcessingNames
from pos_client.adapters.tolerant import identifier, money, node, nodes, text
from pos_client.domain.order import OrderLine

__all__ = ["Remark", "account_remarks", "echo_remark", "level_remark", "preorder_remarks"]


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing found; `good` None means that it cannot be told. `todo` is what to do about it."""

    about: str
    good: bool | None
    words: str
    todo: str = ""


def preorder_remarks(
    outcome: Outcome,
    lines: Sequence[OrderLine],
    names: ProcessingNames,
    *,
    refused: Mapping[str, str],
    words: str,
) -> list[Remark]:
    """What the price of a made-up order shows, or the server's `words` why there is none.

    `refused` are products that are refused even alone, and why.
    """
    about = "Проект: расчёт"
    if outcome.kind is OutcomeKind.DEGRADED:
        return [Remark(about, None, "процессинг сейчас не считает скидки", "Повторите проверку позже.")]
    if outcome.kind is not OutcomeKind.OK:
        if refused:
            named = "; ".join(f"«{product}»: {why}" for product, why in refused.items())
            todo = "Сверьте [processing].product_system и приставки tariff_prefix, service_prefix, goods_prefix."
            return [Remark(about, False, f"процессинг не принимает продукты: {named}", todo)]
        todo = "Сверьте [processing].preorder, order_id_field и поля заказа с операцией в Mindbox."
        return [Remark(about, False, f"выдуманный заказ не посчитан: {words}", todo)]
    answer = node(outcome.body.get("order"))
    return [_prices(answer, lines, names)]


def _prices(answer: Mapping[str, Any], lines: Sequence[OrderLine], names: ProcessingNames) -> Remark:
    priced = {
        identifier(one.get("lineId"))
        for one in nodes(answer.get("lines"))
        if money(one.get("discountedPriceOfLine")) is not None
    }
    lost = [names.product(line) for line in lines if line.id not in priced]
    if lost:
        todo = "Сверьте [processing].product_system и приставки продуктов."
        return Remark("Проект: расчёт", False, f"в ответе нет цены продуктов {', '.join(lost)}", todo)
    return Remark("Проект: расчёт", good=True, words="цена есть у тарифа, услуги и товара")


def echo_remark(body: Mapping[str, Any], order_id: str, names: ProcessingNames) -> Remark | None:
    """Whether the order's id comes back under the field's name; None when no id comes back at all."""
    about, ids = "Проект: номер заказа", node(node(body.get("order")).get("ids"))
    field = names.order_id_field
    # In answers Mindbox names an order's external id with `Id` at its end, and its first letter is small.
    spellings = {field, f"{field}Id", f"{field[:1].lower()}{field[1:]}", f"{field[:1].lower()}{field[1:]}Id"}
    if any(identifier(ids.get(one)) == order_id for one in spellings):
        return Remark(about, good=True, words=f"поле «{field}» возвращается в ответе")
    if ids:
        said = ", ".join(sorted(ids))
        todo = "Впишите имя поля внешнего номера заказа в [processing].order_id_field."
        return Remark(about, False, f"поля «{field}» в ответе нет, есть: {said}", todo)
    return None


def account_remarks(body: Mapping[str, Any], names: ProcessingNames, *, member: str) -> list[Remark]:
    """Whether the account has the name that the till looks for; by a member's balances, or by a price."""
    about = "Проект: счёт баллов"
    standing = text(node(body.get("customer")).get("processingStatus"))
    if member and standing.lower() != "found":
        return [
            Remark(
                "Проект: участник",
                False,
                f"по коду {member} процессинг отвечает: {standing or 'ничего'}",
                "Назовите код участника программы или сверьте [processing].customer_id_field.",
            )
        ]
    order = node(body.get("order"))
    systems = _named(system_of(one) for one in nodes(body.get("balances"))) or _named(
        system_of(one) for one in nodes(order.get("bonusPointsInfo"))
    )
    if names.balance in systems:
        return [Remark(about, good=True, words=f"счёт «{names.balance}» есть")]
    if systems:
        said = f"счёта «{names.balance}» нет, есть: {', '.join(systems)}"
        return [Remark(about, False, said, "Впишите системное имя счёта в [processing].balance.")]
    return [Remark(about, None, "ответ не называет счетов", "Назовите участника: pos-client doctor --member КОД.")]


def level_remark(body: Mapping[str, Any], names: ProcessingNames, member: str) -> Remark:
    """Whether the segmentation with the level is there; only a member's card shows it."""
    about = "Проект: уровень"
    if not member:
        return Remark(about, None, "не проверен", "Назовите участника: pos-client doctor --member КОД.")
    found = _named(
        text(node(node(one.get("segmentation")).get("ids")).get("externalId"))
        for one in nodes(body.get("customerSegmentations"))
    )
    if names.level_segmentation in found:
        return Remark(about, good=True, words=f"сегментация «{names.level_segmentation}» есть")
    said = f"сегментации «{names.level_segmentation}» у участника нет"
    if found:
        said += f", есть: {', '.join(found)}"
    return Remark(about, False, said, "Впишите внешний код сегментации уровней в [processing].level_segmentation.")


def _named(systems: Iterable[str]) -> list[str]:
    return sorted({one for one in systems if one})
