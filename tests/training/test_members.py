import pytest

from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.training.till import ANNA, BLOCKED_CARD, NO_PHONE, SHARED_PHONE, TWO_CARDS, Json, Till, line, order_body

NEW_PHONE = "79991112233"
CONSENTS = {
    "consentProgrammeText": "programme",
    "consentProgrammeVersion": "2026-09",
    "consentProgrammeSha256": "ab" * 32,
    "consentPersonalDataVersion": "2026-09",
}
ADVERTISING = [{"brand": "CDEK", "pointOfContact": "Sms", "isSubscribed": True}]


def newcomer(**changed: object) -> Json:
    person = {"mobilePhone": NEW_PHONE, "firstName": "Вера", "customFields": CONSENTS, "subscriptions": ADVERTISING}
    return {"pointOfContact": "MSK548", "customer": person | changed}


async def test_a_blocked_card_is_said_by_the_card_and_not_by_its_owner(till: Till, shop: Shop) -> None:
    by_card = await till.lookup(discountCard={"ids": {"number": BLOCKED_CARD}})
    assert by_card["customer"] == {"processingStatus": "DiscountCardIsBlocked"}
    assert by_card["discountCards"][0]["status"]["ids"]["systemName"] == "Blocked"
    owner = await till.lookup(ids={"cdekId": TWO_CARDS})
    assert owner["customer"]["processingStatus"] == "Found"
    statuses = [one["status"]["ids"]["systemName"] for one in owner["discountCards"]]
    assert statuses == ["Blocked", "Activated"]
    shop.processing.switches.blocked_card_is_found = True
    found = await till.lookup(discountCard={"ids": {"number": BLOCKED_CARD}})
    assert found["customer"]["ids"]["cdekId"] == TWO_CARDS


async def test_no_order_is_created_by_a_blocked_card(till: Till) -> None:
    body = order_body("A-1", [line(1, 1000.0)], total=1000.0)
    body["customer"] = {"discountCard": {"ids": {"number": BLOCKED_CARD}}}
    answer = await till.create(body)
    assert "заблокирована" in answer["validationMessages"][0]["message"]


async def test_a_member_without_a_phone_is_found_without_one(till: Till) -> None:
    found = await till.lookup(ids={"cdekId": NO_PHONE})
    assert found["customer"]["lastName"] == "Зайцев"
    assert "mobilePhone" not in found["customer"]


@pytest.mark.parametrize(
    ("customer", "codes"),
    [
        ({"mobilePhone": SHARED_PHONE}, ["48211888", "48211994"]),
        ({"ids": {"cdekId": "55500055"}}, ["55500055", "55500055"]),
        ({"ids": {"cdekId": ANNA}}, [ANNA]),
        ({"ids": {"cdekId": "40400404"}}, []),
    ],
)
async def test_candidates_are_all_whom_a_key_may_mean(till: Till, customer: Json, codes: list[str]) -> None:
    found = await till.ask("Offline.FindCustomers", {"customer": customer})
    assert [one["ids"]["cdekId"] for one in found["customers"]] == codes
    assert found["customersCount"] == len(codes)
    assert all(one["lastName"] and one["customerSegmentations"][0]["segment"]["name"] for one in found["customers"])


async def test_joining_gives_welcome_points_and_keeps_the_consents(till: Till, shop: Shop) -> None:
    joined = await till.ask("Offline.RegisterCustomer", newcomer())
    assert joined["customer"]["processingStatus"] == "Created"
    assert joined["balances"][0]["available"] == 50
    assert joined["balances"][0]["nearestExpiration"] == {"total": 50, "date": "2026-12-21"}
    found = await till.lookup(ids={"cdekId": joined["customer"]["ids"]["cdekId"]})
    assert (found["customer"]["firstName"], found["customer"]["mobilePhone"]) == ("Вера", NEW_PHONE)
    assert found["customer"]["customFields"] == CONSENTS
    assert found["customer"]["subscriptions"] == ADVERTISING
    assert shop.movements(NEW_PHONE)[0].kind == "Custom"


async def test_whoever_joins_twice_is_one_member_with_one_welcome(till: Till, shop: Shop) -> None:
    first = await till.ask("Offline.RegisterCustomer", newcomer())
    again = await till.ask("Offline.RegisterCustomer", newcomer(mobilePhone="8 (999) 111-22-33"))
    assert again["customer"] == {"processingStatus": "AlreadyExists", "ids": first["customer"]["ids"]}
    assert shop.balance(NEW_PHONE).total == 50
    shop.processing.switches.existing_is_refused = True
    assert (await till.ask("Offline.RegisterCustomer", newcomer()))["status"] == "ValidationError"


@pytest.mark.parametrize("phone", ["", "12345", "441234567890", SHARED_PHONE])
async def test_nobody_joins_without_a_phone_of_his_own(till: Till, shop: Shop, phone: str) -> None:
    before = shop.members()
    answer = await till.ask("Offline.RegisterCustomer", newcomer(mobilePhone=phone))
    assert answer["validationMessages"][0]["location"] == "/customer/mobilePhone"
    assert shop.members() == before


@pytest.mark.parametrize(
    ("name", "first", "last"), [("Вера", "Вера", None), ("Котова Вера Ильинична", "Вера", "Котова"), ("", None, None)]
)
async def test_a_full_name_is_taken_apart(till: Till, name: str, first: str | None, last: str | None) -> None:
    person = {"mobilePhone": NEW_PHONE, "fullName": name}
    await till.ask("Offline.RegisterCustomer", {"customer": person})
    found = (await till.lookup(mobilePhone=NEW_PHONE))["customer"]
    assert (found.get("firstName"), found.get("lastName")) == (first, last)


async def test_the_answer_to_joining_may_be_lost_after_joining(till: Till, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "lose-answer", "Offline.RegisterCustomer"))
    with pytest.raises(Exception, match="after the call was executed"):
        await till.ask("Offline.RegisterCustomer", newcomer())
    assert (await till.lookup(mobilePhone=NEW_PHONE))["customer"]["processingStatus"] == "Found"
