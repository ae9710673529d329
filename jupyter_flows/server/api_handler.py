"""The one handler of all routes: who asks is known and allowed, what is asked is read, the answer or error told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.handler import ExtensionHandlerMixin
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_flows.server.bounds import BODY_BYTES
from jupyter_flows.server.error_answers import answer_of, plain_answer
from jupyter_flows.server.pool import Pool
from jupyter_flows.server.routes import EXECUTE, READ, RESOURCE, WRITE, Route
from jupyter_flows.server.site import Site

_VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@web.stream_request_body  # so that a body that is too large is refused before it is read
class ApiHandler(ExtensionHandlerMixin, APIHandler):  # pyright: ignore[reportIncompatibleVariableOverride]
    """One path of the API.

    Parameters
    ----------
    routes
        Its verbs; none for a path that does not exist.
    site, pool
        What operations use, and where they are performed.
    """

    auth_resource = RESOURCE
    SUPPORTED_METHODS = _VERBS

    def initialize(self, name: str, routes: Mapping[str, Route], site: Site, pool: Pool) -> None:
        """See the class."""
        super().initialize(name)
        self._routes, self._site, self._pool = routes, site, pool
        self._body = bytearray()

    async def prepare(self) -> None:  # type: ignore[override]
        """Look at who asks, and at the size of what comes, before anything is read."""
        told = self.request.headers.get("Content-Length", "0")
        if not told.isdigit() or int(told) > BODY_BYTES:
            raise web.HTTPError(413, f"at most {BODY_BYTES:,} bytes")
        await super().prepare()

    def data_received(self, chunk: bytes) -> None:
        """Gather the body; of one that does not say its size, no more than shows that it is too large."""
        if len(self._body) <= BODY_BYTES:
            self._body += chunk

    @web.authenticated
    async def get(self, **ids: str) -> None:
        """See `_answer`."""
        await self._answer(ids)

    @web.authenticated
    async def head(self, **ids: str) -> None:
        """See `_answer`."""
        await self._answer(ids)

    @web.authenticated
    async def post(self, **ids: str) -> None:
        """See `_answer`."""
        await self._answer(ids)

    @web.authenticated
    async def put(self, **ids: str) -> None:
        """See `_answer`."""
        await self._answer(ids)

    @web.authenticated
    async def patch(self, **ids: str) -> None:
        """See `_answer`."""
        await self._answer(ids)

    @web.authenticated
    async def delete(self, **ids: str) -> None:
        """See `_answer`."""
        await self._answer(ids)

    @web.authenticated
    async def options(self, **ids: str) -> None:  # type: ignore[override]
        """See `_answer`."""
        await self._answer(ids)

    async def _answer(self, ids: Mapping[str, str]) -> None:
        verb = (self.request.method or "").upper()
        route = self._routes.get(verb)
        if not await self._may(READ if route is None else route.action):
            raise web.HTTPError(403, "you may not do this")
        if not self._routes:
            raise web.HTTPError(404, "there is no such path")
        if route is None:
            raise web.HTTPError(405, f"the path has no {verb}")
        if len(self._body) > BODY_BYTES:
            raise web.HTTPError(413, f"at most {BODY_BYTES:,} bytes")
        answer = await self._pool.perform(await self._prepared(route, ids))
        if isinstance(answer, bytes):
            await self.finish(answer)
        else:
            await self._send_file(answer)

    async def _prepared(self, route: Route, ids: Mapping[str, str]) -> Any:
        """Read the request; return what answers it, to be called in a thread."""
        from jupyter_flows.server.asked import Asked  # deferred with what it loads: a server starts without them
        from jupyter_flows.server.contract import CONTRACTS
        from jupyter_flows.server.reading_requests import read_form, read_query

        contract = CONTRACTS[route.name]
        query = read_query(contract.query, self.request.query_arguments)
        form = None if contract.form is None else read_form(contract.form, self._json_body())
        may = frozenset([action for action in (READ, WRITE, EXECUTE) if await self._may(action)])
        return partial(_performed, route.answers, Asked(self._site, dict(ids), query, form, may))

    def _json_body(self) -> bytes:
        kind = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":  # a page of another origin can send forms and texts, but no JSON
            raise web.HTTPError(415, "the body must be JSON")
        return bytes(self._body)

    async def _may(self, action: str) -> bool:
        return bool(await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, RESOURCE)))  # type: ignore[arg-type]

    async def _send_file(self, file: Any) -> None:
        for name, value in file.headers().items():
            self.set_header(name, value)
        self.set_header("Content-Type", file.media_type)
        parts = file.chunks()
        with file, suppress(StreamClosedError):  # then whoever asked has gone
            while (part := await self._pool.perform(partial(next, parts, None))) is not None:
                self.write(part)
                await self.flush()
            await self.finish(set_content_type=file.media_type)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell an error as the API tells all of them."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        known = None if error is None or isinstance(error, web.HTTPError) else answer_of(error)
        if known is None:
            said = error.log_message if isinstance(error, web.HTTPError) and error.log_message else ""
            known = status_code, plain_answer(status_code, said % error.args if said and error else said)
        if status_code == 405:
            self.set_header("Allow", ", ".join(sorted(self._routes)))
        self.set_status(known[0])
        self.finish(json.dumps(known[1]))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Errors that are answers are no faults of the program, and need no traceback in the server's log."""
        if isinstance(value, web.HTTPError) or answer_of(value) is None:
            super().log_exception(typ, value, tb)
        else:
            self.log.debug("jupyter_flows: %s", value)


def _performed(answers: str, asked: Any) -> Any:
    """Call an operation; what it gives is bytes, unless it is a file."""
    module, _, name = answers.partition(":")
    answer = getattr(import_module(f"jupyter_flows.server.{module}"), name)(asked)
    return _as_json(answer) if hasattr(answer, "model_dump_json") else answer


def _as_json(answer: Any) -> bytes:
    try:
        return answer.model_dump_json(by_alias=True, exclude_unset=True).encode("utf-8")
    except ValueError:  # a parameter with half of a character, which JSON can only hold escaped
        return json.dumps(answer.model_dump(mode="python", by_alias=True, exclude_unset=True)).encode("ascii")


__all__ = ["ApiHandler"]
