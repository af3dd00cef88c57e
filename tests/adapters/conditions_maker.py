"""A managing company in miniature: keys, issues of conditions, and a till's keeper that trusts them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pos_client.conditions.document import canonical
from pos_client.conditions.envelope import SigningKey, sealed
from pos_client.conditions.shelf import Shelf
from pos_client.conditions.standing import Keeper
from pos_client.settings import ConditionsSection, Settings

__all__ = ["KEY", "NOW", "OTHER_KEY", "PROJECT", "issue", "keeper", "table", "trusting"]

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PROJECT = "Проба"
KEY = SigningKey("2026", bytes(range(32)))
OTHER_KEY = SigningKey("2027", bytes(range(1, 33)))


def table(serial: int = 1, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON a test wants
    """What an issue says; a change to None leaves the key out."""
    whole = {
        "serial": serial,
        "project": PROJECT,
        "issued": (NOW - timedelta(days=2)).isoformat(),
        "valid_from": (NOW - timedelta(days=1)).isoformat(),
        "processing": {"balance": f"Balance{serial}"},
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def issue(serial: int = 1, *, key: SigningKey = KEY, **changes: Any) -> bytes:  # noqa: ANN401 - the same
    """A signed file."""
    return sealed(canonical(table(serial, **changes)), key)


def trusting(*keys: SigningKey, file: Path | None = None, address: str = "http://from.above/conditions") -> Settings:
    """Settings of a till that trusts these keys."""
    return Settings(
        conditions=ConditionsSection(
            project=PROJECT,
            public_keys=tuple(key.public for key in keys or (KEY,)),
            file=str(file or ""),
            address=address,
        )
    )


def keeper(folder: Path, settings: Settings | None = None) -> Keeper:
    """A till's keeper with its shelf in a folder."""
    return Keeper(settings or trusting(), Shelf(folder / "conditions"))
