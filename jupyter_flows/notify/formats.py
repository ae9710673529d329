"""A notice as each sink wants it. Everything in it is hostile text: it is escaped, shortened and never interpreted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from jupyter_flows.notify.notice import Notice

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONGEST_FIELD = 2_900  # Slack refuses a text of more than 3,000 characters


def as_json(notice: Notice) -> dict[str, Any]:
    """Return the body of a generic webhook: a flat object of texts, with the facts by their names."""
    return {
        "title": _plain(notice.title),
        "state": notice.state,
        "subject": _plain(notice.subject),
        "run": _plain(notice.run),
        "run_id": notice.run_id,
        "culprit": _plain(notice.culprit),
        "error": _plain(notice.short_error()),
        "advice": _plain(notice.advice),
        "at": datetime.fromtimestamp(notice.at, UTC).isoformat() if notice.at else None,
        "facts": {name: _plain(text) for name, text in notice.facts},
        "text": as_text(notice),
    }


def as_slack(notice: Notice) -> dict[str, Any]:
    """Return the body of a Slack-compatible incoming webhook; other chats read its ``text``."""
    parts = [f"*{_slack(name)}*: {_slack(text)}" for name, text in notice.lines() if name != "error"]
    blocks = [_section(f"*{_slack(notice.headline())}*"), _section("\n".join(parts))]
    if notice.error:
        blocks.append(_section(f"```{_slack(notice.short_error())}```"))
    return {"text": _slack(notice.headline()), "blocks": [block for block in blocks if block["text"]["text"].strip()]}


def as_mail(notice: Notice, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """Return an e-mail in plain text."""
    return letter(notice.headline(), as_text(notice), sender, recipients)


def letter(subject: str, text: str, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """Return an e-mail in plain text; its subject is one line, whatever is in it."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(_plain(subject).split())[:200]
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail.set_content(text)
    return mail


def as_text(notice: Notice) -> str:
    """Return a few lines for people."""
    told = [_plain(notice.headline()), ""]
    for name, text in notice.lines():
        lines = _plain(text).splitlines() or [""]
        told.append(f"{name}: {lines[0]}" if len(lines) == 1 else f"{name}:")
        if len(lines) > 1:
            told.extend(f"    {line}" for line in lines)
    return "\n".join(told) + "\n"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:_LONGEST_FIELD]}}


def _plain(text: str) -> str:
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _slack(text: str) -> str:
    # These three are all that Slack's markup needs: without them no link, mention or channel can be made.
    plain = _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("```", "\N{REVERSED PRIME}" * 3)


__all__ = ["as_json", "as_mail", "as_slack", "as_text", "letter"]
