"""Sealing: what waits in the queue is read by its own till alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError

from pos_client.adapters.sealing import AesGcm, KeyLostError, carrying_words, cipher_of_words, queue_key

KEY = bytes(range(32))


class Drawer(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # the library types it loosely
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Nowhere(KeyringBackend):
    """A machine without a keyring."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # the library types it loosely

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringError(f"nowhere to look for {service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringError(f"nowhere to put {len(password)} signs of {service} {username}")

    def delete_password(self, service: str, username: str) -> None:
        raise KeyringError(f"nothing of {service} {username}")


@pytest.fixture(autouse=True)
def _same_keyring_afterwards() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@given(st.binary(max_size=3000), st.binary(max_size=60))
def test_what_was_sealed_is_read_back(body: bytes, bound_to: bytes) -> None:
    cipher = AesGcm(KEY)
    assert cipher.unseal(cipher.seal(body, bound_to), bound_to) == body


@given(st.binary(min_size=1, max_size=200), st.data())
def test_one_changed_byte_is_noticed(body: bytes, data: st.DataObject) -> None:
    cipher = AesGcm(KEY)
    sealed = bytearray(cipher.seal(body, b"key"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="another key"):
        cipher.unseal(bytes(sealed), b"key")


def test_a_body_cannot_change_places_with_another() -> None:
    cipher = AesGcm(KEY)
    with pytest.raises(ValueError, match="another"):
        cipher.unseal(cipher.seal(b"body", b"first"), b"second")


def test_another_key_opens_nothing() -> None:
    with pytest.raises(ValueError, match="another key"):
        AesGcm(bytes(32)).unseal(AesGcm(KEY).seal(b"body", b""), b"")


def test_the_same_body_never_looks_the_same() -> None:
    cipher = AesGcm(KEY)
    assert cipher.seal(b"body", b"") != cipher.seal(b"body", b"")


def test_the_keyring_keeps_the_key(tmp_path: Path) -> None:
    keyring.set_keyring(Drawer())
    first = queue_key("live|CDEK.Offline|MSK548", tmp_path / "queue.key")
    assert queue_key("live|CDEK.Offline|MSK548", tmp_path / "queue.key").key == first.key
    assert queue_key("training|CDEK.Offline|MSK548", tmp_path / "queue.key").key != first.key
    assert not (tmp_path / "queue.key").exists()


def test_without_a_keyring_a_file_of_its_owner_keeps_it(tmp_path: Path) -> None:
    keyring.set_keyring(Nowhere())
    file = tmp_path / "settings" / "queue.key"
    first = queue_key("live", file)
    assert queue_key("live", file) == first
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_in_the_file_stays_the_key_when_a_keyring_appears(tmp_path: Path) -> None:
    keyring.set_keyring(Nowhere())
    first = queue_key("live", tmp_path / "queue.key")
    keyring.set_keyring(Drawer())
    assert queue_key("live", tmp_path / "queue.key") == first


@pytest.mark.parametrize("text", ["", "zz", "00" * 31])
def test_a_broken_key_is_told_in_words(tmp_path: Path, text: str) -> None:
    keyring.set_keyring(Nowhere())
    (tmp_path / "queue.key").write_text(text)
    with pytest.raises(KeyLostError, match="испорчен"):
        queue_key("live", tmp_path / "queue.key")


# --------------------------------------------------------------------------------------------------- carried queues


@given(key=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_the_words_of_a_till_open_what_it_hands_over_and_no_other_words_do(key: bytes, other: bytes) -> None:
    words = carrying_words(key)
    sealed = cipher_of_words(words).seal(b"body", b"bound")
    assert cipher_of_words(f" {words.replace('-', ' ').lower()}\n").unseal(sealed, b"bound") == b"body"
    if other != key:
        with pytest.raises(ValueError, match="another key"):
            cipher_of_words(carrying_words(other)).unseal(sealed, b"bound")
    with pytest.raises(ValueError, match="another key"):
        AesGcm(key).unseal(sealed, b"bound")


@pytest.mark.parametrize("typed", ["", "ABCD", "0" * 24, "ABCD-EFGH-IJKL-MNOP-QRST-UVW", "Ж" * 24, "A" * 32])
def test_words_of_another_form_are_refused_in_russian(typed: str) -> None:
    with pytest.raises(ValueError, match="шесть групп"):
        cipher_of_words(typed)
