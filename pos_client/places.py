"""Where the till keeps its settings and its data on this computer, known before anything heavy is loaded."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_config_path, user_data_path

__all__ = ["Glance", "data_folder", "glance", "key_file", "settings_file"]

_APP = "pos-client"


def settings_file() -> Path:
    """Where the settings lie unless another file is named."""
    return user_config_path(_APP, appauthor=False) / "settings.toml"


def key_file() -> Path:
    """Where the key of the queue lies on a computer without a keyring: beside the settings, away from the data."""
    return settings_file().with_name("queue.key")


def data_folder(named: str = "", *, training: bool = False) -> Path:
    """Where journal and queue lie: the named folder, or the user's own. Training has a folder of its own."""
    folder = Path(named).expanduser() if named else user_data_path(_APP, appauthor=False)
    return folder / "training" if training else folder


@dataclass(frozen=True, slots=True)
class Glance:
    """What the window needs before the settings are read in earnest. A wrong value is told about then."""

    data_folder: str = ""
    theme: str = "light"
    scale: float = 1.0


def glance(config: Path | None) -> Glance:
    """A quick look into the settings file, forgiving everything."""
    try:
        table = tomllib.loads((config or settings_file()).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return Glance()
    till, look = _section(table, "till"), _section(table, "look")
    folder, theme, scale = till.get("data_folder"), look.get("theme"), look.get("scale")
    return Glance(
        folder if isinstance(folder, str) else "",
        theme if theme in {"light", "dark", "system"} else "light",
        float(scale) if isinstance(scale, float | int) and 0.75 <= scale <= 2 else 1.0,  # noqa: PLR2004 - as settings have it
    )


def _section(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}
