"""Kept results: values in signed files that outlive their process."""

from __future__ import annotations

from jupyter_flows.results.files import FileResultStore
from jupyter_flows.results.key import key_file, result_key
from jupyter_flows.results.registry import known_serializers
from jupyter_flows.results.storage_key import render_storage_key

__all__ = ["FileResultStore", "key_file", "known_serializers", "render_storage_key", "result_key"]
