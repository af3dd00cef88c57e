"""The bundled texts of consents: one purpose each, with what proves later which words were agreed to."""

from pathlib import Path

import pytest

from pos_client.adapters.consent_texts import ConsentTextError, bundled_texts, read_text
from pos_client.domain.joining import Purpose

HEAD = "id: programme\nversion: 2026-11\ntitle: Программа\n"


def test_every_purpose_has_a_text_of_its_own_with_identity_version_and_hash() -> None:
    texts = bundled_texts()
    assert [one.purpose for one in texts] == list(Purpose)
    assert all(one.id and one.version and one.title and one.text for one in texts)
    assert len({one.id for one in texts}) == len({one.sha256 for one in texts}) == len(texts)


def test_the_hash_is_of_the_words_and_not_of_how_a_system_ends_its_lines(tmp_path: Path) -> None:
    unix, windows = tmp_path / "unix.txt", tmp_path / "windows.txt"
    unix.write_bytes(f"{HEAD}\nПервая строка.\nВторая.\n".encode())
    windows.write_bytes(f"{HEAD}\nПервая строка.\nВторая.\n".replace("\n", "\r\n").encode())
    one, other = read_text(Purpose.PROGRAMME, unix), read_text(Purpose.PROGRAMME, windows)
    assert one == other
    assert one.text == "Первая строка.\nВторая."


@pytest.mark.parametrize(
    "content",
    [
        "",
        HEAD,
        f"{HEAD}\n   \n",
        "id: programme\ntitle: Программа\n\nТекст.",
        "version: 1\ntitle: П\n\nТекст.",
        "Текст.",
    ],
)
def test_a_text_that_proves_nothing_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "text.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConsentTextError):
        read_text(Purpose.PROGRAMME, path)
