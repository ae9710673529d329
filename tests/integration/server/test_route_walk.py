"""Every verb of every route is closed: to nobody, to a wrong token, to who may not, and to pages of other origins."""

from __future__ import annotations

import re

import pytest
import websocket

from jupyter_flows.server.routes import EVENTS, EXECUTE, READ, ROOT, ROUTES, WRITE

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = [*sorted({route.path for route in (*ROUTES, EVENTS)}), "/nothing", ""]
WRITES = [route for route in ROUTES if route.verb != "GET"]


def filled(path: str, run: str) -> str:
    places = {"run": run, "number": "1", "file": "log"}
    return re.sub(r"\{(\w+)\}", lambda place: places.get(place[1], "0" * 12), path)


@pytest.mark.parametrize("token", [None, "wrong", "A-TOKEN-OF-THE-TESTS", ""])
def test_no_verb_of_any_route_answers_without_the_token(server, token):
    for path in PATHS:
        for verb in VERBS:
            answer = server.ask(verb, filled(path, server.runs["failed"]), token=token)
            assert answer.status == 403, (verb, path, answer.status)
            assert server.runs["failed"].encode() not in answer.body


def test_no_verb_of_any_route_answers_who_may_do_nothing(server):
    for path in PATHS:
        for verb in VERBS:
            answer = server.ask(verb, filled(path, server.runs["failed"]), X_May="nothing")
            assert answer.status == 403, (verb, path, answer.status)
            assert server.runs["failed"].encode() not in answer.body


def test_each_route_is_open_to_its_own_action_alone(server):
    for route in ROUTES:
        path = filled(route.path, server.runs["failed"])
        others = " ".join({READ, WRITE, EXECUTE} - {route.action})
        assert server.ask(route.verb, path, X_May=others).status == 403, route
        # Without its form or query it is refused for that, and not for who asks.
        form = None if route.verb == "GET" else {"nonsense": 1}
        if route.name not in {"cancel", "repeat"} and not route.path.startswith("/runs/{run}/artifacts/"):
            assert server.ask(route.verb, f"{path}?nonsense=1", form, X_May=route.action).status == 400, route


def test_a_viewer_is_told_what_is_not_allowed(server):
    told = server.ask("GET", "/settings", X_May="read").json["permissions"]
    assert told == {"read": True, "write": False, "execute": False}


def test_other_verbs_of_a_path_are_refused_and_the_right_ones_named(server):
    for route in ROUTES:
        own = {other.verb for other in ROUTES if other.path == route.path}
        for verb in set(VERBS) - own:
            answer = server.ask(verb, filled(route.path, server.runs["failed"]))
            assert answer.status == 405, (verb, route.path)
            assert set(answer.headers["Allow"].split(", ")) == own


def test_a_write_with_a_cookie_needs_the_xsrf_header(server):
    cookies, xsrf = server.cookies()
    assert server.ask("GET", "/settings", token=None, Cookie=cookies).status == 200
    for route in WRITES:
        path = filled(route.path, "0" * 12)
        assert server.ask(route.verb, path, {}, token=None, Cookie=cookies).status == 403, route
        answer = server.ask(route.verb, path, {}, token=None, Cookie=cookies, X_XSRFToken="x" * len(xsrf))
        assert answer.status == 403, route
    allowed = server.ask("POST", f"/runs/{'0' * 12}/cancel", {}, token=None, Cookie=cookies, X_XSRFToken=xsrf)
    assert (allowed.status, allowed.json["error"]) == (404, "RunNotFound")


def test_a_page_of_another_origin_gets_nothing_with_the_cookie(server):
    cookies, xsrf = server.cookies()
    for route in ROUTES:
        path = filled(route.path, server.runs["failed"])
        foreign = {"Cookie": cookies, "Origin": "http://evil.example", "X_XSRFToken": xsrf}
        answer = server.ask(route.verb, path, None if route.verb == "GET" else {}, token=None, **foreign)
        assert answer.status in {403, 404}, route
        assert server.runs["failed"].encode() not in answer.body


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_a_page_is_no_request(server, kind):
    answer = server.ask("POST", "/runs", {"path": "a.ipynb"}, Content_Type=kind)
    assert (answer.status, answer.json["advice"]) == (
        415,
        "send a JSON object, with Content-Type: application/json",
    )


def connected(server, **options) -> str:
    url = f"ws://127.0.0.1:{server.port}{ROOT}/events"
    try:
        socket = websocket.create_connection(url, timeout=60, **options)
    except websocket.WebSocketBadStatusException as error:
        return str(error.status_code)
    said = socket.recv()
    socket.close()
    return str(said)


def test_the_websocket_is_closed_in_the_same_way(server):
    cookies, _ = server.cookies()
    authorized = "Authorization: token a-token-of-the-tests"
    assert connected(server) == "403"
    assert connected(server, header=["Authorization: token wrong"]) == "403"
    assert connected(server, header=[authorized, "X-May: write execute"]) == "403"
    assert connected(server, cookie=cookies, origin="http://evil.example") == "403"
    assert '"hello"' in connected(server, header=[authorized, "X-May: read"])
    assert '"hello"' in connected(server, cookie=cookies, origin=f"http://127.0.0.1:{server.port}")
