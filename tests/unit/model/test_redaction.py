"""Secrets are found in a text in each form in which one may be written, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_flows.model.redaction import MASK, Redactor

SECRET = "p+ä\"\\/ w0'rd&<7>"
RAW = SECRET.encode()


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(json.dumps({"a": SECRET})),
        repr(SECRET),
        repr([{"a": SECRET}]),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        html.escape(SECRET),
        RAW.hex(),
        RAW.hex().upper(),
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode(),
        repr(RAW),
        shlex.quote(SECRET),
        "'" + SECRET.replace("'", "'\\''") + "'",  # as a shell shows what it runs
        re.sub("%..", lambda code: code[0].lower(), quote(SECRET, safe="")),
        quote(quote(SECRET, safe=""), safe=""),
        quote(SECRET, safe="!*'()"),  # JavaScript's encodeURIComponent
        quote(SECRET, safe=";,/?:@&=+$!*'()#"),  # and encodeURI
        quote(SECRET, safe="!$&'()*+,;="),  # a name in an address
        json.dumps(SECRET).replace("/", "\\/"),  # as pandas does
        json.dumps(SECRET).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),  # as Go does
        html.escape(json.dumps(SECRET)),
        json.dumps(json.dumps(SECRET).replace("/", "\\/")),
    ],
)
def test_each_form_is_masked(text: str):
    found = Redactor([SECRET])
    assert found.holds(text)
    assert MASK in found.text(f"before {text} after")
    assert not found.holds(found.text(f"{text}{text} {text}"))
    assert not found.holds_bytes(found.data(text.encode()))


@given(before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_it_is_found_within_a_longer_text_in_base64(before: bytes, after: bytes):
    found = Redactor(["a-secret-of-some-length"])
    assert found.holds(base64.b64encode(before + b"a-secret-of-some-length" + after).decode())


@given(st.text(min_size=6, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_text_keeps_what_it_was_told(secret: str, before: str, after: str):
    shown = Redactor([secret]).text(before + secret + after)
    assert secret not in shown or secret in MASK * 3 or secret in before + MASK + after


def test_values_of_json_are_masked_wherever_they_are():
    found = Redactor(["hunter22"])
    value = {"a": ["x hunter22", 1, None, 2.5, True], "hunter22": {"b": b"hunter22"}}
    masked = {"a": [f"x {MASK}", 1, None, 2.5, True], MASK: {"b": MASK.encode()}}
    assert found.json(value) == masked


def test_each_line_of_a_longer_secret_is_one_but_not_its_frame():
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n"
    found = Redactor([key])
    assert found.text("MIIEvQIBADANBg") == MASK
    assert found.text("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"
    assert found.text(f"it is {key.strip()}") == f"it is {MASK}"


def test_the_beginning_of_a_secret_where_a_text_was_cut_is_masked_too():
    found = Redactor(["correct horse battery staple"])
    assert found.text("it is correct hor", cut=True) == f"it is {MASK}"
    assert found.text("it is correct hor") == "it is correct hor"
    assert found.text("it is corr", cut=True) == "it is corr"


def test_what_is_too_short_is_left():
    assert Redactor(["short"]).values == frozenset()
    assert Redactor(["short"]).text("short") == "short"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-le"])
def test_a_file_is_searched_in_each_width_of_its_signs(encoding: str):
    found = Redactor(["hush-hush-17"])
    content = "a hush-hush-17 b".encode(encoding)
    assert found.holds_bytes(content)
    assert found.data(content).decode(encoding) == "a •••••• b"


@pytest.mark.parametrize("shown", ["a&lt;b\"c'd", "a&lt;b&quot;c&#x27;d", "a&lt;b&#34;c&#39;d", "a&lt;b&quot;c&#39;d"])
def test_html_is_written_in_several_ways(shown: str):
    assert Redactor(["a<b\"c'd"]).text(f"<td>{shown}</td>") == "<td>••••••</td>"


@pytest.mark.parametrize(
    ("text", "length"), [("x hush", 4), ("x hush-hush-1", 11), ("hush-hush-17", 0), ("hu hx", 0), ("", 0)]
)
def test_what_may_be_the_beginning_of_a_secret_is_known(text: str, length: int):
    assert Redactor(["hush-hush-17"]).unfinished(text) == length
