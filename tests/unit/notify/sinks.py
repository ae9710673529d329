"""Sinks on 127.0.0.1 that keep what they are sent."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class HttpSink(ThreadingHTTPServer):
    """Keeps what is posted; answers the states that it was given, one after another, then 200."""

    daemon_threads = True

    def __init__(self, *answers: int, leads_to: str = "http://127.0.0.1:1/elsewhere") -> None:
        self.answers, self.received, self.leads_to = list(answers), [], leads_to
        super().__init__(("127.0.0.1", 0), _Post)

    received: list[Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        sink: Any = self.server
        sink.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(sink.answers.pop(0) if sink.answers else 200)
        self.send_header("Location", sink.leads_to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class MailSink(socketserver.ThreadingTCPServer):
    """Just enough of SMTP to take a mail; refuses recipients at ``refused.example``."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.received: list[str] = []
        super().__init__(("127.0.0.1", 0), _Smtp)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        sink: Any = self.server
        self.wfile.write(b"220 here\r\n")
        for raw in self.rfile:
            word = raw.split(None, 1)[0].upper() if raw.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                sink.received.append(b"".join(lines).decode("utf-8"))
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            elif b"refused.example" in raw:
                self.wfile.write(b"550 no such user\r\n")
            else:
                self.wfile.write(b"250 ok\r\n")


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    """Serve in a thread for the length of a block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)


@contextmanager
def silent_port() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
