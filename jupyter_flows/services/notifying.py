"""Telling somebody by a saved block, or by a webhook whose address is a secret. No user code is loaded for that."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from jupyter_flows.automations.actions import Notify
from jupyter_flows.errors import BadBlock, SecretNotFound
from jupyter_flows.model.secret_reference import referred
from jupyter_flows.notify import formats, mail, webhook
from jupyter_flows.notify.notice import Notice
from jupyter_flows.secrets.lookup import find_secret
from jupyter_flows.secrets.resolved import register
from jupyter_flows.secrets.vault import Vault
from jupyter_flows.settings import Settings
from jupyter_flows.store import open_blocks

TELLING = ("webhook", "slack-webhook", "email")
"""The types of blocks that can tell."""


def check_notify(settings: Settings, action: Notify) -> None:
    """Make sure that there is the block that is to tell; a secret may be kept later.

    Raises
    ------
    BlockNotFound, AmbiguousBlock, BadBlock
    """
    if action.block:
        _stored(settings, action.block)


def send(settings: Settings, action: Notify, notice: Notice) -> None:
    """Tell somebody; it takes as long as the network takes.

    Raises
    ------
    NotifyError
        It was not taken.
    BlockNotFound, AmbiguousBlock, BadBlock, SecretNotFound, SecretsLocked
    """
    if action.secret:
        url = find_secret(action.secret, settings.flows_dir)
        webhook.post(url, formats.as_slack(notice) if action.form == "slack" else formats.as_json(notice))
        return
    kind, data = _stored(settings, action.block)
    _SENDERS[kind](_opened(data, Vault(settings.flows_dir)), notice)


def _stored(settings: Settings, label: str) -> tuple[str, Any]:
    with open_blocks(settings) as blocks:
        found = blocks.find(label)
    if found.type not in TELLING:
        wanted = f"blocks that notify are of the types {', '.join(TELLING)}"
        raise BadBlock(f"{found.type}/{found.name}", f"it cannot tell anybody; {wanted}")
    return found.type, json.loads(found.data)


def _opened(value: Any, vault: Vault) -> Any:
    """A block's data with its secrets in the place of their names."""
    if isinstance(value, list):
        return [_opened(item, vault) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    name = referred(cast("dict[str, Any]", value))
    if name is None:
        return {key: _opened(item, vault) for key, item in cast("dict[str, Any]", value).items()}
    text = vault.get(name)
    if text is None:
        raise SecretNotFound(name, "it was deleted: save the block again")
    if text:
        register(text, name)
    return text


def _to_webhook(data: Mapping[str, Any], notice: Notice) -> None:
    webhook.post(data["url"], formats.as_json(notice), data.get("headers") or {})


def _to_chat(data: Mapping[str, Any], notice: Notice) -> None:
    webhook.post(data["url"], formats.as_slack(notice), data.get("headers") or {})


def _by_mail(data: Mapping[str, Any], notice: Notice) -> None:
    to = tuple(data["to"])
    server = mail.MailServer(
        data.get("host", "localhost"),
        data.get("port", 587),
        data.get("security", "starttls"),
        data.get("user", ""),
        data.get("password", ""),
    )
    mail.send(server, formats.as_mail(notice, data.get("sender") or to[0], to))


_SENDERS: Mapping[str, Callable[[Mapping[str, Any], Notice], None]] = {
    "webhook": _to_webhook,
    "slack-webhook": _to_chat,
    "email": _by_mail,
}

__all__ = ["TELLING", "check_notify", "send"]
