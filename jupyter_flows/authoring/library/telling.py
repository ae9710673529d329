"""Write an e-mail or to a chat as a part of a flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jupyter_flows.authoring.library.trying_again import where_later_may_help
from jupyter_flows.authoring.secret import Secret
from jupyter_flows.authoring.task import task
from jupyter_flows.notify import formats, mail, webhook
from jupyter_flows.notify.notice import Notice

_AGAIN: dict[str, Any] = {"retries": 2, "retry_delay_seconds": [1, 5], "retry_condition_fn": where_later_may_help}


@task(name="send-chat-message", **_AGAIN)
def send_chat_message(text: str, webhook_secret: str = "SLACK_WEBHOOK_URL") -> None:  # noqa: S107 - a name
    """Write to a Slack-compatible chat.

    Parameters
    ----------
    webhook_secret
        Name of the secret that has the address of the incoming webhook.

    Raises
    ------
    NotifyError, SecretNotFound
    """
    webhook.post(str(Secret(webhook_secret).get()), formats.as_slack(Notice(text)))


@task(name="send-email", **_AGAIN)
def send_email(
    to: str | Sequence[str],
    subject: str,
    text: str,
    *,
    host: str = "localhost",
    port: int = 587,
    security: str = "starttls",
    sender: str = "",
    user: str = "",
    password_secret: str = "",
) -> None:
    """Send an e-mail in plain text.

    Parameters
    ----------
    to
        One address or several.
    host, port, security
        The server that takes mail: ``starttls``, ``ssl`` or ``none``.
    sender
        The first of `to` by default.
    user, password_secret
        For the server; the password is the secret of that name.

    Raises
    ------
    NotifyError, SecretNotFound
    """
    recipients = (to,) if isinstance(to, str) else tuple(to)
    password = str(Secret(password_secret).get()) if password_secret else ""
    letter = formats.letter(subject, text, sender or recipients[0], recipients)
    mail.send(mail.MailServer(host, port, security, user, password), letter)


__all__ = ["send_chat_message", "send_email"]
