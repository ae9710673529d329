"""Secrets that are kept: encrypted, under their own name, and of no use without the key."""

from __future__ import annotations

import json
import os
import stat

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from jupyter_flows.errors import BadOption, SecretsLocked, SettingsError, StoreUnavailable
from jupyter_flows.secrets.keys import FILE_VARIABLE, VARIABLE, SecretKeys, new_key
from jupyter_flows.secrets.vault import FILE, Vault

TEXT = "hunter2-and-more"


@pytest.fixture
def key(tmp_path, monkeypatch):
    path = tmp_path / "elsewhere" / "secret.key"
    monkeypatch.setenv(FILE_VARIABLE, str(path))
    return path


@pytest.fixture
def vault(tmp_path, key):
    return Vault(tmp_path / "flows")


def test_what_is_kept_is_given_by_its_name_alone(vault, tmp_path, key):
    assert vault.get("token") is None
    assert vault.set("token", TEXT) == f"{tmp_path / 'flows' / FILE}, encrypted"
    vault.set("other", "ünï\n" * 3)
    assert (vault.get("token"), vault.get("other"), vault.names()) == (TEXT, "ünï\n" * 3, ("other", "token"))
    assert vault.delete("token")
    assert not vault.delete("token")
    assert vault.get("token") is None


def test_neither_the_file_nor_the_key_can_be_read_by_others(vault, tmp_path, key):
    before = os.umask(0)
    try:
        vault.set("token", TEXT)
    finally:
        os.umask(before)
    for path in (tmp_path / "flows" / FILE, key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert TEXT not in (tmp_path / "flows" / FILE).read_text()


def test_a_copy_without_the_key_says_that_it_is_missing_and_makes_no_new_one(vault, key):
    vault.set("token", TEXT)
    key.unlink()
    for ask in (lambda: vault.get("token"), lambda: vault.set("other", "x"), vault.rotate):
        with pytest.raises(SecretsLocked, match=f"its key is missing: put it back to {key}"):
            ask()
    assert not key.exists()
    assert vault.names() == ("token",)


def test_another_key_opens_nothing(vault, key):
    vault.set("token", TEXT)
    key.write_text(new_key())
    with pytest.raises(SecretsLocked, match="does not open it"):
        vault.get("token")
    key.write_text("no key")
    with pytest.raises(SecretsLocked, match="holds no key"):
        vault.get("token")


def test_a_value_that_was_moved_to_another_name_is_refused(vault, tmp_path):
    vault.set("token", TEXT)
    vault.set("other", "innocent")
    path = tmp_path / "flows" / FILE
    told = json.loads(path.read_text())
    told["secrets"]["other"] = told["secrets"]["token"]
    path.write_text(json.dumps(told))
    with pytest.raises(SecretsLocked, match="of another name"):
        vault.get("other")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"secrets": 1}', "\x00"])
def test_a_foreign_file_is_left_alone(vault, tmp_path, text):
    path = tmp_path / "flows" / FILE
    path.parent.mkdir()
    path.write_text(text)
    for ask in (vault.names, lambda: vault.set("token", TEXT)):
        with pytest.raises(StoreUnavailable, match="not a file of secrets"):
            ask()
    assert path.read_text() == text


def test_after_a_rotation_the_old_key_opens_nothing(vault, key):
    vault.set("token", TEXT)
    vault.set("other", "more")
    old = key.read_text()
    assert vault.rotate() == 2
    assert (vault.get("token"), vault.get("other")) == (TEXT, "more")
    new = key.read_text()
    key.write_text(old)
    with pytest.raises(SecretsLocked, match="does not open it"):
        vault.get("token")
    key.write_text(new)
    assert vault.get("token") == TEXT


def test_keys_of_the_environment_are_used_and_never_changed(vault, key, monkeypatch):
    first, second = new_key(), new_key()
    monkeypatch.setenv(VARIABLE, first)
    vault.set("token", TEXT)
    assert not key.exists()
    with pytest.raises(SettingsError, match="put the new key before the old one"):
        vault.rotate()
    monkeypatch.setenv(VARIABLE, f"{second},{first}")
    assert vault.get("token") == TEXT


def test_the_key_is_not_made_beside_what_it_opens(tmp_path, monkeypatch):
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "flows" / "key"))
    with pytest.raises(SettingsError, match="where the secrets are that it opens"):
        Vault(tmp_path / "flows").set("token", TEXT)
    assert not (tmp_path / "flows" / FILE).exists()


@pytest.mark.parametrize("name", ["", "a\nb", "\x1b[31m"])
def test_a_name_that_cannot_be_shown_is_refused(vault, name):
    with pytest.raises(BadOption, match="control characters"):
        vault.set(name, TEXT)


def test_nobody_waits_for_a_key_to_list_names(vault, key):
    assert vault.names() == ()
    assert SecretKeys().read() == []
    assert not key.exists()


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = -5  # type: ignore[assignment] # of the class: or it would be chosen wherever there is none

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("the ring is locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("the ring is locked")
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.held.pop((service, username))


@pytest.fixture
def ring():
    around, ring = keyring.get_keyring(), Ring()
    ring.priority = 5
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(around)


def test_a_keyring_is_used_where_there_is_one(vault, ring, tmp_path, key):
    assert vault.set("token", TEXT) == "the system's keyring"
    assert ring.held == {("jupyter-flows", "token"): TEXT}
    assert (vault.get("token"), vault.names()) == (TEXT, ("token",))
    assert not key.exists()
    ring.locked = True
    with pytest.raises(SecretsLocked, match="the ring is locked"):
        vault.get("token")
    assert vault.set("other", "in the file") == f"{tmp_path / 'flows' / FILE}, encrypted"
    ring.locked = False
    assert vault.rotate() == 1
    assert vault.delete("token")
    assert ring.held == {}
