"""Tasks that most flows need some time: commands, requests, queries, files, messages."""

from __future__ import annotations

from jupyter_flows.authoring.library.copying import copy_file
from jupyter_flows.authoring.library.http import http_request
from jupyter_flows.authoring.library.shell import shell
from jupyter_flows.authoring.library.sql import sql_query
from jupyter_flows.authoring.library.telling import send_chat_message, send_email

__all__ = ["copy_file", "http_request", "send_chat_message", "send_email", "shell", "sql_query"]
