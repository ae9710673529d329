"""Stored configuration: `Block` to derive from, and the blocks that come along."""

from __future__ import annotations

from jupyter_flows.authoring.block import Block
from jupyter_flows.authoring.notify_blocks import Email, SlackWebhook, Webhook
from jupyter_flows.authoring.system_blocks import JSON, DateTime, LocalFileSystem, String
from jupyter_flows.authoring.system_blocks import SecretBlock as Secret

__all__ = ["JSON", "Block", "DateTime", "Email", "LocalFileSystem", "Secret", "SlackWebhook", "String", "Webhook"]
