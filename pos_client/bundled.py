"""Where the files that are not code lie: in a checkout, in an installed wheel and in a frozen build."""

from pathlib import Path

__all__ = ["bundled"]

_PACKAGE = Path(__file__).resolve().parent


def bundled(name: str) -> Path:
    """Path of a file or folder of `resources/`, named by its path inside it, e.g. `fonts/InterPOS-Regular.ttf`.

    Raises:
        FileNotFoundError: the installation is damaged.
    """
    for root in (_PACKAGE / "resources", _PACKAGE.parent / "resources"):
        found = root / name
        if found.exists():
            return found
    raise FileNotFoundError(f"the installation lacks resources/{name}")
