"""Joining against the training shop over its wire, with the power cut at any effect."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from pos_client.adapters.consent_texts import bundled_texts
from pos_client.app import Till
from pos_client.counter.desk import Desk
from pos_client.counter.scans import Formats
from pos_client.counter.state import JoinStep
from pos_client.domain.joining import Consent, Purpose
from pos_client.domain.money import Points
from pos_client.ports import ConsentBook
from pos_client.training.faults import Fault
from pos_client.training.shop import Shop
from tests.tills import C2C, Fuse, PowerCutError, Time, open_till, shop_at, sold

PHONE = "79161112233"
ALL = frozenset(Purpose)
JOIN = "Offline.RegisterCustomer"


class FusedConsents:
    def __init__(self, inner: ConsentBook, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    def keep(self, *consents: Consent) -> None:
        self._fuse.spark("before consents")
        self._inner.keep(*consents)
        self._fuse.spark("after consents")

    def made_member(self, processing_id: str, *, phone: str, given_at: datetime) -> None:
        self._fuse.spark("before member's id")
        self._inner.made_member(processing_id, phone=phone, given_at=given_at)
        self._fuse.spark("after member's id")

    def given(self) -> tuple[Consent, ...]:
        return self._inner.given()


@asynccontextmanager
async def till_with(shop: Shop, folder: Path, clock: Time, fuse: Fuse) -> AsyncIterator[Till]:
    """A till whose every effect of joining can be the last."""
    async with open_till(shop, folder, clock, fuse=fuse) as till:
        outside = replace(till.outside, consents=FusedConsents(till.outside.consents, fuse))
        till.desk = Desk(
            outside,
            till.health,
            till.checkout_settings,
            formats=Formats(),
            training=True,
            consent_texts=bundled_texts,
        )
        yield till


async def joined(desk: Desk, shop: Shop) -> None:
    desk.joining.begin()
    await desk.joining.apply(PHONE, "Ольга", ALL)
    await desk.joining.code(shop.sms(PHONE)[-1].code)


async def test_a_customer_joins_at_the_shop_and_is_granted_the_welcome_points(till: Till, shop: Shop) -> None:
    await till.desk.scanned(C2C)
    await joined(till.desk, shop)
    state = till.desk.state
    assert state.joining is not None
    assert state.joining.customer is not None
    assert state.joining.customer.balance is not None
    assert (state.joining.step, state.joining.customer.balance.available) == (JoinStep.DONE, Points(50))
    assert shop.balance(PHONE).available == 50
    assert {one.purpose for one in till.outside.consents.given()} == ALL
    sale = await sold(till)
    assert sale.customer is not None
    assert (sale.customer.processing_id, sale.loyalty.reserved) == (state.joining.customer.processing_id, True)


@pytest.mark.parametrize("kind", ["lose-answer", "drop", "http-503"])
async def test_a_registration_without_an_answer_ends_in_one_member(till: Till, shop: Shop, kind: str) -> None:
    shop.faults.set(Fault("processing", kind, JOIN))
    await joined(till.desk, shop)
    if (now := till.desk.state.joining) is not None and now.step is not JoinStep.DONE:
        assert now.trouble is not None
        await till.desk.joining.code("")
    now = till.desk.state.joining
    assert now is not None
    assert (now.step, shop.balance(PHONE).available) == (JoinStep.DONE, 50)


async def test_whoever_is_a_member_already_is_found_and_gets_no_second_welcome(till: Till, shop: Shop) -> None:
    await joined(till.desk, shop)
    till.desk.joining.close()
    await joined(till.desk, shop)
    now = till.desk.state.joining
    assert now is not None
    assert (now.step, shop.balance(PHONE).available) == (JoinStep.DONE, 50)


async def test_a_power_cut_at_any_effect_of_joining_leaves_consents_before_a_member_and_a_repeat_is_harmless(
    clock: Time, tmp_path: Path
) -> None:
    effects = 0
    for cut in range(1, 100):
        folder = tmp_path / str(cut)
        folder.mkdir()
        with shop_at(clock) as shop:
            fuse = Fuse(cut)
            try:
                async with till_with(shop, folder, clock, fuse) as till:
                    await joined(till.desk, shop)
            except PowerCutError:
                effects += 1
            async with open_till(shop, folder, clock) as till:
                registered = shop.calls("processing", JOIN)
                assert till.outside.consents.given() or not registered, fuse.names
                await joined(till.desk, shop)
                now = till.desk.state.joining
                assert now is not None
                assert (now.step, shop.balance(PHONE).available) == (JoinStep.DONE, 50), fuse.names
        if effects < cut:
            break
    assert effects >= 8
