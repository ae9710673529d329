"""Kept results: values in signed files that outlive their process."""

from __future__ import annotations

from jupyter_flows.results.files import FileResultStore
from jupyter_flows.results.key import key_file, result_key
from jupyter_flows.results.registry import known_serializers
from jupyter_flows.results.storage_key import checked_storage_key, render_storage_key, render_target

__all__ = [
    "FileResultStore",
    "checked_storage_key",
    "key_file",
    "known_serializers",
    "render_storage_key",
    "render_target",
    "result_key",
]
