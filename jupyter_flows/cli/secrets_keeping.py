"""`jupyter flows secret`. A value is never an argument: those of a process can be read by everybody on the machine."""

from __future__ import annotations

import sys
from argparse import Namespace
from getpass import getpass
from pathlib import Path

from jupyter_flows.cli.escaping import escaped
from jupyter_flows.cli.exits import GOOD
from jupyter_flows.cli.screen import Screen
from jupyter_flows.errors import BadOption, SecretNotFound
from jupyter_flows.model.redaction import SHORTEST
from jupyter_flows.secrets.vault import Vault
from jupyter_flows.wiring import current_settings


def secret(options: Namespace, screen: Screen) -> int:
    """Keep, list or forget secrets, or change their key."""
    vault = Vault(current_settings().flows_dir)
    return {"set": _set, "ls": _ls, "delete": _delete, "rotate": _rotate}[options.verb](vault, options, screen)


def _set(vault: Vault, options: Namespace, screen: Screen) -> int:
    text = _asked(options.name, options.file)
    if not text:
        raise BadOption("secret set", "value", "", "it is empty; nothing was kept")
    place = vault.set(options.name, text)
    if len(text) < SHORTEST:
        print(
            f"{escaped(options.name)} has fewer than {SHORTEST} characters: it cannot be hidden where it is shown",
            file=sys.stderr,
        )
    if options.json:
        screen.json({"name": options.name, "kept_in": place})
    else:
        screen.line(f"{escaped(options.name)} is kept in {escaped(place)}. In code: Secret({options.name!r}).get()")
    return GOOD


def _asked(name: str, file: str | None) -> str:
    if file not in {None, "-"}:
        text = Path(file or "").read_text(encoding="utf-8")
    elif file == "-" or not sys.stdin.isatty():
        text = sys.stdin.read()
    else:
        return getpass(f"value of {escaped(name)} (it is not shown): ")
    return text.removesuffix("\n").removesuffix("\r")


def _ls(vault: Vault, options: Namespace, screen: Screen) -> int:
    names = vault.names()
    if options.json:
        screen.json({"secrets": list(names)})
    for name in () if options.json else names or ("No secret is kept.",):
        screen.line(escaped(name))
    return GOOD


def _delete(vault: Vault, options: Namespace, screen: Screen) -> int:
    if not vault.delete(options.name):
        raise SecretNotFound(options.name, "see `jupyter flows secret ls`")
    if options.json:
        screen.json({"deleted": options.name})
    else:
        screen.line(f"{escaped(options.name)} is forgotten.")
    return GOOD


def _rotate(vault: Vault, options: Namespace, screen: Screen) -> int:
    many = vault.rotate()
    secrets = "1 secret is" if many == 1 else f"{many} secrets are"
    if options.json:
        screen.json({"rotated": many})
    else:
        screen.line(f"{secrets} encrypted with a new key; the old one opens nothing more.")
    return GOOD


__all__ = ["secret"]
