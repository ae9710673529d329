"""One POST to an address that the user has named, and to no other."""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from jupyter_flows.errors import NotifyError

SECONDS = 10.0
_READ = 2_000  # bytes of an answer that are looked at


def check_address(url: str, allow_http: bool = True) -> SplitResult:
    """Refuse what is no web address.

    Raises
    ------
    NotifyError
        Another scheme than http and https, or no host. The message does not show the address: it may be the secret.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise NotifyError("webhook", "its address is not one", "give https://HOST/PATH") from None
    if parts.scheme not in ({"http", "https"} if allow_http else {"https"}):
        raise NotifyError("webhook", f"its scheme is {parts.scheme or 'missing'!r}", "give an https:// address")
    if not host:
        raise NotifyError("webhook", "its address names no host", "give https://HOST/PATH")
    return parts


def post(url: str, body: Any, headers: Mapping[str, str] | None = None, seconds: float = SECONDS) -> None:
    """Send JSON.

    A redirect is not followed: whoever answers could lead to an address of the inner network. An address of the
    machine's own link (169.254.0.0/16, where clouds keep credentials) is refused.

    Parameters
    ----------
    seconds
        For the connection, and for each answer.

    Raises
    ------
    NotifyError
        It was not taken; `again` says whether another try may help.
    """
    parts = check_address(url)
    data = json.dumps(body, ensure_ascii=False).encode("utf-8")
    sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "jupyter-flows", **(headers or {})}
    connection = _connection(parts, seconds)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, data, sent)
        answer = connection.getresponse()
        answer.read(_READ)
    except (OSError, http.client.HTTPException) as error:
        raise NotifyError(_name(parts), _reason(error, seconds), "see that it can be reached", again=True) from error
    except ValueError as error:  # a header or path that HTTP cannot carry
        raise NotifyError(_name(parts), str(error), "correct the address or the headers") from error
    finally:
        connection.close()
    _judge(parts, answer.status)


def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    try:
        found = socket.getaddrinfo(host, parts.port or parts.scheme, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotifyError(_name(parts), f"{host} is not known ({error})", "see its name", again=True) from error
    for *_, address in found:
        if ipaddress.ip_address(str(address[0]).partition("%")[0]).is_link_local:
            raise NotifyError(_name(parts), f"{host} is an address of the link itself", "give another address")
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, parts.port, timeout=seconds)


def _judge(parts: SplitResult, status: int) -> None:
    if status < 300:
        return
    if status < 400:
        raise NotifyError(_name(parts), f"it answers with a redirect ({status})", "give the final address")
    again = status >= 500 or status in {408, 429}
    raise NotifyError(_name(parts), f"it answers {status}", "see what it takes", again=again)


def _reason(error: Exception, seconds: float) -> str:
    return f"no answer within {seconds:g} s" if isinstance(error, TimeoutError) else str(error) or type(error).__name__


def _name(parts: SplitResult) -> str:
    return f"webhook {parts.scheme}://{parts.hostname}"  # the path of a chat's webhook is its secret


__all__ = ["SECONDS", "check_address", "post"]
