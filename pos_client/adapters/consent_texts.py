"""The bundled texts of the consents that a customer gives when joining; signed conditions may bring others."""

from pathlib import Path

from pos_client.bundled import bundled
from pos_client.domain.joining import ConsentText, Purpose

__all__ = ["ConsentTextError", "bundled_texts", "read_text"]


class ConsentTextError(ValueError):
    """A file is no consent text: without an identity and a version nobody could prove what was agreed to."""


def bundled_texts() -> tuple[ConsentText, ...]:
    """One text for each purpose, in the sequence in which they are shown.

    Raises:
        FileNotFoundError: the installation is damaged.
        ConsentTextError: a file of it is no consent text.
    """
    folder = bundled("consents")
    return tuple(read_text(purpose, folder / f"{purpose.value}.txt") for purpose in Purpose)


def read_text(purpose: Purpose, path: Path) -> ConsentText:
    """A file of `name: value` lines (id, version, title), an empty line, and the text itself.

    Raises:
        OSError: it cannot be read.
        ConsentTextError: a line of the head, or the text, is missing.
    """
    head, _, body = path.read_text(encoding="utf-8").replace("\r\n", "\n").partition("\n\n")
    named = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
    fields = [named.get(name, "").strip() for name in ("id", "version", "title")]
    text = body.strip()
    if not all(fields) or not text:
        raise ConsentTextError(f"{path.name} lacks an id, a version, a title or its text")
    identity, version, title = fields
    return ConsentText(purpose, identity, version, title, text)
