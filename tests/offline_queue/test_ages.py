"""What a shop is told of the age of its queue, and of the room that is left, whatever order the facts came in."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_queue import LimitNear, LimitReachedError, Limits, Outbox
from tests.offline_queue.conftest import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(-500, 100)),
        st.tuples(st.just("skip"), st.integers(0, 30)),
        st.sampled_from([("file", 0), ("close", 0), ("forget", 0), ("import", 0)]),
    ),
    min_size=1,
    max_size=60,
)


@settings(max_examples=40)
@given(STEPS)
def test_the_owner_knows_the_age_that_counting_all_rows_finds(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[str, int]]
) -> None:
    world = World(tmp_path_factory.mktemp("queue"))
    names, waiting = count(), list[str]()
    outbox = world.open()
    for what, number in steps:
        world.seconds += 1
        if what == "put":
            waiting.append(f"{next(names):06}")
            outbox.put(world.message(waiting[-1], created=world.now() + timedelta(seconds=number)))
        elif what == "skip" and waiting:
            outbox.skip(waiting.pop(number % len(waiting)), by="Анна", reason="лишнее")
        elif what == "file":
            outbox._storage.write(outbox._memory.file_all)
            outbox._memory.all_filed()
        elif what == "close":
            outbox.close()
            outbox = world.open()
        elif what == "forget":
            # As a power cut does: what was known by heart is gone, and nothing was told at the end.
            outbox._opener.tallies = None
            outbox._storage.write(outbox._memory.file_all)
            outbox._learn()
        elif what == "import" and waiting:
            moved = world.folder / f"{next(names)}.moved"
            outbox.export(moved, by="Анна", reason="другая касса")
            outbox.import_from(moved, by="Анна", reason="назад")
        with closing(Outbox.inspect(world.path, now=world.now)) as counted:
            assert outbox.summary().oldest == counted.summary().oldest
    outbox.close()


@settings(max_examples=60)
@given(
    st.builds(
        Limits,
        count=st.none() | st.integers(0, 12),
        amount=st.none() | st.integers(0, 1_200),
        age=st.none() | st.integers(0, 120).map(lambda seconds: timedelta(seconds=seconds)),
        warn_at=st.sampled_from([0.5, 0.8, 1.0]),
    ),
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 150), st.integers(-30, 30)),
            st.tuples(st.just("skip"), st.integers(0, 12), st.just(0)),
            st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
        ),
        max_size=50,
    ),
)
def test_a_put_is_refused_and_warned_of_as_the_limits_say_however_it_got_there(
    tmp_path_factory: pytest.TempPathFactory, limits: Limits, steps: Sequence[tuple[str, int, int]]
) -> None:
    world = World(tmp_path_factory.mktemp("queue"))
    waiting: list[tuple[str, int, float]] = []
    warned: set[str] = set()
    with world.open(limits=limits) as outbox:
        for number, (what, amount, shift) in enumerate(steps):
            world.events.clear()
            if what == "wait":
                world.seconds += amount
            elif what == "skip" and waiting:
                outbox.skip(waiting.pop(amount % len(waiting))[0], by="Анна", reason="лишнее")
            elif what == "put":
                new = (f"{number:06}", amount, world.seconds + shift)
                message = world.message(new[0], amount=amount, created=world.now() + timedelta(seconds=shift))
                shares = used(limits, [*waiting, new], world.seconds)
                reached = [limit for limit, share in shares.items() if share > 1.0]
                if reached:
                    with pytest.raises(LimitReachedError) as caught:
                        outbox.put(message)
                    assert caught.value.limit == reached[0]
                    continue
                outbox.put(message)
                waiting.append(new)
                near = {limit: share for limit, share in shares.items() if share >= limits.warn_at}
                expected = [LimitNear(limit, share) for limit, share in near.items() if limit not in warned]
                assert [event for event in world.events if isinstance(event, LimitNear)] == expected
                warned = set(near)


def used(limits: Limits, waiting: Sequence[tuple[str, int, float]], now: float) -> dict[str, float]:
    """How much of each limit is used, by the book."""
    shares: dict[str, tuple[float, float]] = {}
    if limits.count is not None:
        shares["count"] = (len(waiting), limits.count)
    if limits.amount is not None:
        shares["amount"] = (sum(amount for _, amount, _ in waiting), limits.amount)
    if limits.age is not None:
        shares["age"] = (now - min(created for *_, created in waiting), limits.age.total_seconds())
    return {limit: part / whole if whole > 0 else 2.0 if part > 0 else 0.0 for limit, (part, whole) in shares.items()}


def test_an_imported_fact_that_is_too_old_closes_the_door_for_new_ones_also_after_a_restart(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = World(tmp_path / "other")
    moved = tmp_path / "moved"
    with other.open() as outbox:
        outbox.put(other.message("old", created=other.now() - timedelta(days=7)))
        outbox.export(moved, by="Анна", reason="другая касса")
    with world.open() as outbox:
        outbox.put(world.message("a"))
        outbox.import_from(moved, by="Анна", reason="с другой кассы")
    with world.open(limits=Limits(age=timedelta(days=1))) as outbox:
        with pytest.raises(LimitReachedError):
            outbox.put(world.message("b"))
        outbox.skip("old", by="Анна", reason="лишнее")
        outbox.put(world.message("b"))


def test_the_oldest_of_thousands_that_came_in_any_order_stays_known_while_they_go(world: World) -> None:
    shifts = [number * 7_919 % 2_503 for number in range(2_503)]
    with world.open() as outbox:
        outbox.put(*(world.message(f"{n:05}", created=world.now() + timedelta(hours=s)) for n, s in enumerate(shifts)))
        outbox.checkpoint()
        for hour, name in enumerate(sorted(range(2_503), key=shifts.__getitem__)[:1_005]):
            assert outbox.summary().oldest == world.now() + timedelta(hours=hour)
            outbox.skip(f"{name:05}", by="Анна", reason="лишнее")
