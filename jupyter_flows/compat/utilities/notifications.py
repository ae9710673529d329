"""Handlers that tell people."""

from __future__ import annotations

from jupyter_flows.authoring.handlers import callback_factory
from jupyter_flows.authoring.notifiers import email_notifier, slack_notifier

__all__ = ["callback_factory", "email_notifier", "slack_notifier"]
