"""Answers of processing as its documents have them, and ways in which an answer comes spoilt."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

MAIN = {"balanceType": {"ids": {"systemName": "Main"}, "name": "Бонусный счёт"}}
ORDER_ID = "1106153417"

CUSTOMER = {
    "status": "Success",
    "customer": {
        "processingStatus": "Found",
        "ids": {"mindboxId": 800136209, "cdekId": "48210967"},
        "lastName": "Смирнова",
        "firstName": "Анна",
        "mobilePhone": "79165550067",
    },
    "balances": [
        {
            "total": 700,
            "available": 620,
            "blocked": 80,
            "nearestExpiration": {"total": 25, "date": "2026-11-30"},
            "systemName": "Main",
            **MAIN,
        }
    ],
    "discountCards": [{"ids": {"number": "231534554262"}, "status": {"ids": {"systemName": "Activated"}}}],
    "customerSegmentations": [
        {
            "segmentation": {"ids": {"externalId": "LoyaltyLevel"}},
            "segment": {"ids": {"externalId": "Silver"}, "name": "Серебро"},
        }
    ],
}

PRICED = {
    "status": "Success",
    "customer": {"processingStatus": "Found", "ids": {"mindboxId": 800136209}},
    "order": {
        "processingStatus": "Calculated",
        "totalPrice": 4600,
        "lines": [
            {
                "lineId": "1",
                "lineNumber": 1,
                "quantity": 1,
                "basePricePerItem": 4500,
                "discountedPriceOfLine": 4110.0,
                "appliedPromotions": [
                    {"type": "discount", "amount": 90, "promotion": {"name": "Весна −2 %"}},
                    {"type": "spentBonusPoints", "amount": 300, **MAIN},
                    {
                        "type": "earnedBonusPoints",
                        "amount": 205,
                        "expirationDateTimeUtc": "2027-11-21T09:00:00Z",
                        "promotion": {"name": "Кешбэк 5 %"},
                        **MAIN,
                    },
                ],
            },
            {"lineId": "2", "lineNumber": 2, "quantity": 1, "basePricePerItem": 300, "discountedPriceOfLine": 300},
            {"lineId": "3", "lineNumber": 3, "quantity": 1, "basePricePerItem": 190, "discountedPriceOfLine": 190},
        ],
        "appliedPromotions": [],
        "placeholders": [{"content": [{"type": "text", "message": "Спасибо!"}]}],
        "bonusPointsInfo": [
            {"status": "Success", "availableAmountForCurrentOrder": 620, "spentAmountForCurrentOrder": 300, **MAIN}
        ],
        "couponsInfo": [
            {
                "discountAmountForCurrentOrder": 90,
                "coupon": {"ids": {"code": "SPRING10"}, "status": "CanBeUsed", "pool": {"name": "Весна"}},
            }
        ],
        "bonusPointsChanges": [{"earnedAmount": 205, "spentAmount": 300, **MAIN}],
    },
}

CREATED = {
    "status": "Success",
    "order": {
        "processingStatus": "Created",
        "ids": {"mindboxId": 988330050, "offlineTransactionIdId": ORDER_ID},
        "bonusPointsChanges": [{"earnedAmount": 205, "spentAmount": 300, **MAIN}],
    },
}

HISTORY = {
    "status": "Success",
    "customerActions": [
        {
            "ids": {"mindboxId": 17},
            "dateTimeUtc": "2026-11-01T09:00:00.000Z",
            "order": {"ids": {"offlineTransactionIdId": ORDER_ID}},
            "customerBalanceChanges": [
                {
                    "changeAmount": 31,
                    "isAvailable": False,
                    "expirationDateTimeUtc": "2027-11-01T09:00:00Z",
                    "balanceChangeKind": {"systemName": "RetailOrderBonus"},
                    **MAIN,
                }
            ],
        },
        {
            "ids": {"mindboxId": 18},
            "dateTimeUtc": "2026-11-02T09:00:00.000Z",
            "customerBalanceChanges": [
                {"changeAmount": -7, "balanceChangeKind": {"systemName": "Expired"}, "comment": "Сгорели", **MAIN}
            ],
        },
    ],
    "customerActionsCount": 2,
}

ORDER_INFO = {
    "status": "Success",
    "order": {
        "processingStatus": "Found",
        "ids": {"mindboxId": 988330050, "offlineTransactionIdId": ORDER_ID},
        "totalPrice": 4600,
        "bonusPointsInfoPerBalanceTypes": [{"earnedAmount": 205, "spentAmount": 300, **MAIN}],
    },
}

CANDIDATES = {
    "status": "Success",
    "customers": [
        {
            "ids": {"mindboxId": number},
            "lastName": "Петрова",
            "firstName": name,
            "mobilePhone": f"7916555{number}",
            "customerSegmentations": CUSTOMER["customerSegmentations"],
        }
        for number, name in ((1001, "Ольга"), (1002, "Елена"))
    ],
    "customersCount": 2,
}

JOINED = {
    "status": "Success",
    "customer": {"processingStatus": "Created", "ids": {"mindboxId": 800136300}},
    "balances": [{"total": 50, "available": 50, "blocked": 0, "systemName": "Main"}],
}

SUCCESS = {"status": "Success"}

JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1,
    10**15,
    10**400,
    -(10**60),
    0.005,
    float("nan"),
    float("inf"),
    "",
    "нет",
    "1_000",
    "12,5",
    "1e5",
    "1e-999999999",
    "NaN",
    "-Infinity",
    "\ud83d",
    "\u0000\u202e",
    "9" * 5000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    [],
    [[]],
    [None, 7, "x"],
    {},
    {"ids": 7},
    {"": {"": ""}},
)

_TALES = (
    b"",
    b"null",
    b"[]",
    b'"Success"',
    b"{",
    b"\xff\xfe\x00",
    b'{"status":"Success","customer":{"firstName":"\xff"}}',
    b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    b'{"status":"Success","order":' * 3000 + b"1" + b"}" * 3000,
    b"[" * 200_000,
    b'{"status":"Success","totalPrice":' + b"9" * 6000 + b"}",
    b'{"status":"ValidationError"}',
    b'{"status":"ValidationError","validationMessages":[{"message":"' + b"a" * 50_000 + b'"}]}',
    b'{"status":"ProtocolError","errorMessage":"Splitting of lines"}',
    b'{"status":"TransactionAlreadyProcessed"}',
    b'{"status":"InternalServerError","errorMessage":null}',
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    if path:
        yield path
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield from _places(value[key], (*path, key))


def _put(body: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> None:  # noqa: ANN401 - JSON
    for key in path[:-1]:
        body = body[key]
    change(body, path[-1])


def _shaken(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same value with every object's fields the other way round and new ones among them."""
    if isinstance(value, dict):
        return {"newFieldOfTomorrow": [1, {}], **{key: _shaken(value[key]) for key in reversed(value)}}
    return [_shaken(one) for one in value] if isinstance(value, list) else value


def _in_words(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same value with every number and flag as text."""
    if isinstance(value, dict):
        return {key: _in_words(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_in_words(one) for one in value]
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


@st.composite
def spoilt(draw: st.DrawFn, answer: dict[str, Any], *, most: int = 4) -> bytes:
    """The answer with up to `most` places of it missing, of a wrong type or doubled; its numbers may come as text."""
    body = json.loads(json.dumps(answer))  # unlike deepcopy it takes objects that stand in two places apart
    for _ in range(draw(st.integers(0, most))):
        places = list(_places(body))
        if not places:
            break
        path = draw(st.sampled_from(places))
        match draw(st.sampled_from(["drop", "junk", "twice"])):
            case "drop":
                _put(body, path, lambda node, key: node.pop(key))
            case "twice":
                _put(body, path, lambda node, key: node.append(deepcopy(node[key])) if isinstance(node, list) else None)
            case _:
                junk = deepcopy(draw(st.sampled_from(JUNK)))
                _put(body, path, lambda node, key, junk=junk: node.__setitem__(key, junk))  # type: ignore[misc] # mypy cannot infer a lambda with a default
    for change in (_shaken, _in_words):
        if draw(st.booleans()):
            body = change(body)
    return json.dumps(body, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def any_answer(draw: st.DrawFn, answer: dict[str, Any]) -> tuple[int, bytes]:
    """A status and a body: the answer spoilt, cut short, or something else altogether."""
    status = draw(st.sampled_from([200] * 8 + [204, 302, 400, 401, 404, 409, 418, 429, 500, 502, 503]))
    match draw(st.integers(0, 5)):
        case 0:
            return status, draw(st.sampled_from(_TALES))
        case 1:
            whole = draw(spoilt(answer))
            return status, whole[: draw(st.integers(0, len(whole)))]
        case 2:
            return status, draw(st.binary(max_size=60))
        case _:
            return status, draw(spoilt(answer))
