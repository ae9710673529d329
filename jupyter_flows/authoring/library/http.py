"""Ask an address of the web."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_flows.authoring.library.trying_again import where_later_may_help
from jupyter_flows.authoring.task import task
from jupyter_flows.errors import MissingExtra, RequestFailed

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})


@task(name="http-request", retries=3, retry_delay_seconds=[1, 5, 15], retry_condition_fn=where_later_may_help)
def http_request(
    url: str,
    method: str = "GET",
    *,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    data: bytes | Mapping[str, Any] | None = None,
    seconds: float = 30.0,
) -> Any:
    """Send a request and return the answer's content.

    It is tried again, three times, where nobody answered, or where the answer says that later may help (408, 425, 429,
    5xx).

    Parameters
    ----------
    json, data
        The body: a JSON value; or bytes, or the fields of a form.
    seconds
        For the connection, and for each part of the answer.

    Returns
    -------
    object
        JSON as values; other text as str; anything else as bytes.

    Raises
    ------
    RequestFailed
        With the answer's status and beginning.
    """
    try:
        import httpx
    except ImportError as error:
        raise MissingExtra("http_request", "httpx", "http") from error
    body: dict[str, Any] = {"content": data} if isinstance(data, bytes) else {"data": data}
    try:
        answer = httpx.request(
            method, url, params=params, headers=headers, json=json, timeout=seconds, follow_redirects=True, **body
        )
    except httpx.InvalidURL as error:
        raise RequestFailed(method, url, 0, str(error)) from error
    except httpx.HTTPError as error:
        raise RequestFailed(method, url, 0, str(error) or type(error).__name__, again=True) from error
    if not answer.is_success:
        again = answer.status_code in _RETRIED
        raise RequestFailed(method, url, answer.status_code, answer.text[:500], again=again)
    kind = answer.headers.get("content-type", "")
    if "json" in kind:
        return answer.json()
    return answer.text if kind.startswith("text/") else answer.content


__all__ = ["http_request"]
