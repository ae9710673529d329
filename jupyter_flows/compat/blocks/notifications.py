"""Blocks that tell others."""

from __future__ import annotations

from jupyter_flows.authoring.notify_blocks import Email, SlackWebhook, Webhook

__all__ = ["Email", "SlackWebhook", "Webhook"]
