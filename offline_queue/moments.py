"""Times on disk: whole microseconds since 1970 UTC, exact and comparable, unlike text or floats."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def to_disk(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def from_disk(microseconds: int | None) -> datetime | None:
    """The aware time that was stored, if one was."""
    return None if microseconds is None else known_from_disk(microseconds)


def known_from_disk(microseconds: int) -> datetime:
    """The aware time that was stored; the nearest that there is if the disk says what cannot be."""
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return _LAST if microseconds > 0 else _FIRST
    except TypeError:
        return _EPOCH


def system_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)
