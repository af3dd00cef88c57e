import json
from collections.abc import Callable
from dataclasses import astuple, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from pos_client.adapters.members import MindboxMembers
from pos_client.adapters.processing import MindboxProcessing
from pos_client.adapters.processing_wire import ProcessingNames, status_body
from pos_client.adapters.transport import Transport
from pos_client.adapters.troubles import DeniedError
from pos_client.domain.account import Blocked, MovementKind, blocked_in
from pos_client.domain.customer import Candidate, Customer, CustomerKey, KeyKind, Standing
from pos_client.domain.joining import NEEDED, Application, ConsentText, Purpose
from pos_client.domain.money import NO_POINTS, Points
from pos_client.ports import OutcomeUnknownError, PosError, RefusedError, ReserveIntent, Service, UnavailableError
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.adapters.conftest import FAST, NOON, SetClock
from tests.samples import MEMBER, ORDER, cash

ANNA = CustomerKey(KeyKind.CDEK_ID, "48210967")
TWO_PEOPLE = CustomerKey(KeyKind.CDEK_ID, "55500055")
SHARED_PHONE = CustomerKey(KeyKind.PHONE, "+7 905 555-11-44")
TEXTS = tuple(ConsentText(each, f"cdek-{each.value}", "2026-09", "Согласие", f"Я согласен: {each}") for each in Purpose)
PETR = Application("79165559999", " Пётр ", NEEDED)
JOIN, LOOK_UP = "Offline.RegisterCustomer", "Offline.GetCustomerInfo"
LONG_AGO = NOON - timedelta(days=400)


class Scripted(httpx.AsyncBaseTransport):
    """Answers the n-th call with the n-th body, the last one for ever after."""

    def __init__(self, *bodies: object) -> None:
        self._bodies = list(bodies)
        self.sent: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(json.loads(await request.aread()))
        body = self._bodies.pop(0) if len(self._bodies) > 1 else self._bodies[0]
        return httpx.Response(200, json=body)


def members_at(wire: httpx.AsyncBaseTransport, names: ProcessingNames = FAST) -> MindboxMembers:
    return MindboxMembers(
        Transport(Service.PROCESSING, "http://p", inner=wire), names, office="MSK548", now=lambda: NOON
    )


# -------------------------------------------------------------------------------------------------------- who it may be


async def test_two_people_of_one_code_are_told_apart_and_not_given_away(members: MindboxMembers) -> None:
    assert await members.candidates(TWO_PEOPLE) == (
        Candidate("800136215", "Артём С.", "+7 901 •••-••-65", "Базовый"),
        Candidate("800136216", "Алина С.", "+7 901 •••-••-76", "Базовый"),
    )


async def test_the_one_who_was_chosen_keeps_the_key_that_was_scanned(members: MindboxMembers) -> None:
    chosen = await members.choose(TWO_PEOPLE, "800136216")
    assert (chosen.key, chosen.standing, chosen.name) == (TWO_PEOPLE, Standing.MEMBER, "Соколова Алина")
    assert (await members.choose(SHARED_PHONE, "800136221")).key.value == "+7 905 •••-••-44"


async def test_a_project_without_such_an_operation_is_not_asked() -> None:
    wire = Scripted({})
    assert await members_at(wire, ProcessingNames(candidates="")).candidates(TWO_PEOPLE) == ()
    assert wire.sent == []


async def test_nobody_is_looked_for_by_a_masked_phone() -> None:
    wire = Scripted({})
    assert await members_at(wire).candidates(CustomerKey(KeyKind.PHONE, "+7 905 •••-••-44")) == ()
    assert wire.sent == []


# -------------------------------------------------------------------------------------------------------------- history


async def bought(processing: MindboxProcessing, points: int, order_id: str) -> Customer:
    anna = await processing.find_customer(ANNA)
    quote = await processing.quote(ORDER, anna, Points(points), order_id=order_id)
    transaction = UUID(int=int(order_id))
    await processing.reserve(
        ReserveIntent(ORDER, anna, quote, order_id, transaction, cash(quote.payable.kopecks), NOON)
    )
    return anna


async def test_the_account_shows_what_an_order_spent_and_what_waits_for_its_payment(
    members: MindboxMembers, processing: MindboxProcessing, clock: SetClock
) -> None:
    before = await members.history(await processing.find_customer(ANNA), since=LONG_AGO, till=NOON)
    anna = await bought(processing, 100, "1106153417")
    clock.advance(timedelta(minutes=1))
    after = await members.history(anna, since=NOON, till=clock.now)
    assert sum(one.points for one in after if (one.kind, one.order_id) == (MovementKind.SPENT, "1106153417")) == -100
    earned = await members.earned_by("1106153417")
    assert earned
    (waits,) = [one for one in blocked_in(after) if one.order_id == "1106153417"]
    assert waits == Blocked(earned, "1106153417")
    assert [one.at for one in before] == sorted(one.at for one in before)


async def test_paid_points_wait_no_more(
    members: MindboxMembers, processing: MindboxProcessing, clock: SetClock
) -> None:
    anna = await bought(processing, 0, "1106153417")
    await processing.change_status(status_body("1106153417", FAST.paid, FAST, NOON), UUID(int=9))
    clock.advance(timedelta(minutes=1))
    history = await members.history(anna, since=NOON, till=clock.now)
    assert all(one.available for one in history if one.order_id == "1106153417")
    assert [one for one in history if one.order_id == "1106153417"]


def page(numbers: range, count: object) -> dict[str, object]:
    changes = [{"changeAmount": 1, "balanceChangeKind": {"systemName": "Custom"}}]
    return {
        "status": "Success",
        "customerActions": [
            {"dateTimeUtc": f"2026-11-{1 + at // 60:02} 09:{at % 60:02}:00", "customerBalanceChanges": changes}
            for at in numbers
        ],
        "customerActionsCount": count,
    }


@pytest.mark.parametrize("count", [250, "250", None])
async def test_all_pages_of_a_long_account_are_read(count: object) -> None:
    wire = Scripted(page(range(100), count), page(range(100, 200), count), page(range(200, 250), count))
    assert len(await members_at(wire).history(MEMBER, since=LONG_AGO, till=NOON)) == 250
    assert [each["page"]["pageNumber"] for each in wire.sent] == [1, 2, 3]


@pytest.mark.parametrize(
    "pages",
    [
        (page(range(100), 250), page(range(100), 250)),
        (page(range(100), 250), page(range(0), 250)),
        (page(range(0), 3),),
        ({"status": "Success"},),
    ],
)
async def test_a_part_of_an_account_is_not_taken_for_the_whole(pages: tuple[object, ...]) -> None:
    with pytest.raises(UnavailableError):
        await members_at(Scripted(*pages)).history(MEMBER, since=LONG_AGO, till=NOON)


async def test_an_unknown_customer_has_no_history_but_a_refusal(members: MindboxMembers) -> None:
    nobody = Customer(CustomerKey(KeyKind.CDEK_ID, "40400404"), Standing.UNRESOLVED)
    with pytest.raises(RefusedError):
        await members.history(nobody, since=LONG_AGO, till=NOON)


async def test_an_order_that_nobody_knows_has_earned_nothing_that_can_be_told(
    members: MindboxMembers, processing: MindboxProcessing
) -> None:
    assert await members.earned_by("1106153417") is None
    await bought(processing, 0, "1106153417")
    assert await members.earned_by("1106153417")


@pytest.mark.parametrize(
    ("order", "earned"),
    [
        ({"processingStatus": "Found", "bonusPointsInfoPerBalanceTypes": []}, NO_POINTS),
        ({"bonusPointsInfoPerBalanceType": [{"earnedAmount": "31.7"}]}, Points(31)),
        ({"processingStatus": "notfound"}, None),
    ],
)
async def test_what_an_order_earned_is_read_in_every_shape_of_the_answer(order: object, earned: Points | None) -> None:
    assert await members_at(Scripted({"status": "Success", "order": order})).earned_by("7") == earned
    assert await members_at(Scripted({"status": "Success", "orders": [order]})).earned_by("7") == earned
    assert await members_at(Scripted({"status": "Success", "orders": []})).earned_by("7") is None


async def test_what_another_order_earned_is_no_answer() -> None:
    order = {"ids": {"offlineTransactionIdId": "8"}, "bonusPointsInfoPerBalanceTypes": [{"earnedAmount": 5}]}
    with pytest.raises(UnavailableError):
        await members_at(Scripted({"status": "Success", "order": order})).earned_by("7")


# ---------------------------------------------------------------------------------------------------------------- codes


@pytest.mark.parametrize("to", [replace(MEMBER, key=ANNA), PETR])
async def test_only_the_code_that_was_sent_is_right(
    members: MindboxMembers, shop: Shop, to: Customer | Application
) -> None:
    await members.send_code(to)
    code = shop.sms()[-1].code
    assert not await members.check_code(to, "x" + code)
    assert not await members.check_code(to, "  ")
    assert await members.check_code(to, f" {code} ")


async def test_a_customer_without_a_phone_is_sent_no_code(members: MindboxMembers) -> None:
    with pytest.raises(RefusedError):
        await members.send_code(replace(MEMBER, processing_id="800136219"))


async def test_a_code_that_nobody_could_check_is_not_a_wrong_code(members: MindboxMembers, shop: Shop) -> None:
    await members.send_code(PETR)
    for kind in ("http-503", "hang", "malformed-json"):
        shop.faults.set(Fault("processing", kind))
        with pytest.raises(UnavailableError):
            await members.check_code(PETR, "0000")


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ({}, True),
        ({"smsConfirmation": {"processingStatus": "MobilePhoneConfirmed"}}, True),
        ({"customer": {"processingStatus": "Found"}, "smsConfirmation": {}}, True),
        ({"smsConfirmation": {"processingStatus": "IncorrectConfirmationCode"}}, False),
        ({"mobilePhoneConfirmation": {"processingStatus": "NotFound"}}, False),
        ({"customer": {"processingStatus": "NotFound"}}, False),
    ],
)
async def test_a_code_is_right_only_by_a_clear_yes(said: dict[str, object], right: bool) -> None:  # noqa: FBT001 - pytest names it
    assert await members_at(Scripted({"status": "Success", **said})).check_code(PETR, "1234") is right


@pytest.mark.parametrize("said", ["AlreadyConfirmed", "SubscriptionConfirmed", "CodeHasExpired"])
async def test_a_word_that_does_not_speak_of_this_code_confirms_nothing(said: str) -> None:
    answer = {"status": "Success", "smsConfirmation": {"processingStatus": said}}
    with pytest.raises(UnavailableError):
        await members_at(Scripted(answer)).check_code(PETR, "1234")


# -------------------------------------------------------------------------------------------------------------- joining


async def test_a_new_member_joins_with_what_was_agreed_to_and_gets_the_welcome(
    members: MindboxMembers, shop: Shop
) -> None:
    everything = replace(PETR, purposes=frozenset(Purpose))
    petr = await members.join(everything, TEXTS)
    assert (petr.standing, petr.key.value, petr.phone) == (Standing.MEMBER, "+7 916 •••-••-99", "+7 916 •••-••-99")
    assert petr.balance is not None
    assert petr.balance.available == Points(50)
    (call,) = shop.calls("processing", JOIN)
    sent = json.loads(call.body)["customer"]
    by_purpose = {text.purpose: text for text in TEXTS}
    assert sent["customFields"]["consentPersonalDataText"] == "cdek-personal_data"
    assert sent["customFields"]["consentProgrammeSha256"] == by_purpose[Purpose.PROGRAMME].sha256
    assert sent["customFields"]["consentAdvertisingVersion"] == "2026-09"
    assert sent["customFields"]["consentProgrammeAtUtc"] == "2026-11-21T09:00:00.000Z"
    assert sent["subscriptions"] == [{"brand": "CDEK", "pointOfContact": "Sms", "isSubscribed": True}]
    assert (sent["mobilePhone"], sent["fullName"]) == ("79165559999", "Пётр")


async def test_who_wants_no_advertising_is_subscribed_to_nothing(members: MindboxMembers, shop: Shop) -> None:
    await members.join(PETR, TEXTS)
    (call,) = shop.calls("processing", JOIN)
    sent = json.loads(call.body)["customer"]
    assert "subscriptions" not in sent
    assert not [name for name in sent["customFields"] if "Advertising" in name]


@pytest.mark.parametrize("refuses", [False, True])
async def test_who_is_a_member_already_is_found(members: MindboxMembers, shop: Shop, refuses: bool) -> None:  # noqa: FBT001 - pytest names it
    shop.processing.switches.existing_is_refused = refuses
    anna = await members.join(replace(PETR, phone="79165550067"), TEXTS)
    assert (anna.processing_id, anna.name) == ("800136209", "Смирнова Анна")


async def test_a_phone_of_two_members_joins_nobody(members: MindboxMembers) -> None:
    with pytest.raises(RefusedError, match="несколько"):
        await members.join(replace(PETR, phone="79055551144"), TEXTS)


async def test_a_registration_that_lost_its_answer_is_found_to_have_landed(members: MindboxMembers, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "lose-answer", JOIN))
    petr = await members.join(PETR, TEXTS)
    assert petr.standing is Standing.MEMBER
    assert len(shop.calls("processing", JOIN)) == 1


async def test_a_registration_that_nobody_can_tell_of_is_unknown_and_looked_for_before_the_next(
    members: MindboxMembers, shop: Shop
) -> None:
    shop.faults.set(Fault("processing", "lose-answer", JOIN))
    shop.faults.set(Fault("processing", "http-503", LOOK_UP, times=2))
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            await members.join(PETR, TEXTS)
    petr = await members.join(PETR, TEXTS)
    assert petr.standing is Standing.MEMBER
    assert len(shop.calls("processing", JOIN)) == 1


async def test_a_registration_that_did_not_land_may_be_made_again(members: MindboxMembers, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "drop", JOIN))
    with pytest.raises(OutcomeUnknownError):
        await members.join(PETR, TEXTS)
    assert (await members.join(PETR, TEXTS)).standing is Standing.MEMBER


async def test_a_member_is_a_member_even_if_the_look_up_after_it_fails(members: MindboxMembers, shop: Shop) -> None:
    shop.faults.set(Fault("processing", "http-503", LOOK_UP))
    petr = await members.join(PETR, TEXTS)
    assert (petr.standing, petr.name) == (Standing.MEMBER, "Пётр")
    assert petr.processing_id
    assert petr.balance is not None


async def test_a_refused_registration_is_told_in_the_words_of_processing(members: MindboxMembers) -> None:
    with pytest.raises(RefusedError) as caught:
        await members.join(replace(PETR, phone="123"), TEXTS)
    assert all(astuple(caught.value.trouble))


@pytest.mark.parametrize("purposes", [frozenset(), frozenset({Purpose.PROGRAMME}), frozenset({Purpose.ADVERTISING})])
async def test_nobody_joins_without_the_needed_consents(
    members: MindboxMembers, shop: Shop, purposes: frozenset[Purpose]
) -> None:
    with pytest.raises(ValueError, match="consents"):
        await members.join(replace(PETR, purposes=purposes), TEXTS)
    assert shop.calls("processing", JOIN) == []


async def test_nobody_agrees_to_a_text_that_is_not_there(members: MindboxMembers) -> None:
    with pytest.raises(ValueError, match="no text"):
        await members.join(PETR, TEXTS[:1])


# --------------------------------------------------------------------------------------------------------------- errors

QUESTIONS: dict[str, Callable[[MindboxMembers], Any]] = {
    "candidates": lambda members: members.candidates(TWO_PEOPLE),
    "choose": lambda members: members.choose(TWO_PEOPLE, "800136216"),
    "history": lambda members: members.history(MEMBER, since=LONG_AGO, till=NOON),
    "earned_by": lambda members: members.earned_by("1106153417"),
    "send_code": lambda members: members.send_code(MEMBER),
}


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", UnavailableError),
        ("hang", UnavailableError),
        ("lose-answer", UnavailableError),
        ("malformed-json", UnavailableError),
        ("http-502-empty", UnavailableError),
        ("http-429", UnavailableError),
        ("unauthorized-401", DeniedError),
        ("protocol-400", RefusedError),
        ("refused", RefusedError),
    ],
)
async def test_each_fault_of_a_question_is_one_error(
    members: MindboxMembers, shop: Shop, name: str, kind: str, error: type[PosError]
) -> None:
    shop.faults.set(Fault("processing", kind))
    with pytest.raises(PosError) as caught:
        await QUESTIONS[name](members)
    assert type(caught.value) is error
    assert all(astuple(caught.value.trouble))


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("kind", ["strings", "numeric-ids", "extra-fields"])
async def test_an_answer_in_other_types_and_orders_reads_the_same(
    members: MindboxMembers, shop: Shop, name: str, kind: str
) -> None:
    usual = await QUESTIONS[name](members)
    shop.faults.set(Fault("processing", kind))
    assert await QUESTIONS[name](members) == usual
