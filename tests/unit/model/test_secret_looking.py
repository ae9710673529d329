"""What is refused as a parameter, and what is not."""

from __future__ import annotations

import pytest

from jupyter_flows.model.secret_looking import looks_secret

KEY = "-----BEGIN RSA PRIVATE" + " KEY-----\nMIIE"


@pytest.mark.parametrize("name", ["password", "db_password", "dbPassword", "API_KEY", "apiKey", "apikey", "auth-token"])
def test_a_name_tells(name: str):
    assert looks_secret(name, "x") == "its name says that it is a secret"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", "100"),
        ("token_count", "3"),
        ("tokens", "a b"),
        ("password_file", "/etc/p"),
        ("key", "a"),
        ("token", ""),
        ("token", None),
        ("token", 3),
        ("secretary", "Ann"),
        ("day", "2013-01-15"),
        ("url", "https://example.org/a:b@c"),
        ("text", "skating-on-thin-ice-is-no-secret"),
        ("sha", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ],
)
def test_what_is_none_passes(name: str, value: object):
    assert looks_secret(name, value) is None


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (KEY, "private key"),
        ("AKIA" + "ABCDEFGHIJKLMNOP", "AWS"),
        ("ghp_" + "a" * 36, "GitHub"),
        ("github_pat_" + "a" * 22, "GitHub"),
        ("glpat-" + "a" * 20, "GitLab"),
        ("xoxb-" + "1" * 12, "Slack"),
        ("AIza" + "a" * 35, "Google"),
        ("sk_live_" + "a" * 24, "secret key"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK", "JSON web token"),
        ("postgresql://me:pw@db/x", "address with a password"),
        ([{"deep": ["postgresql://me:pw@db/x"]}], "address with a password"),
        ({"password": "x"}, "its name"),
    ],
)
def test_a_shape_tells_wherever_it_is(value: object, what: str):
    assert what in (looks_secret("day", value) or "")


@pytest.mark.parametrize("many", ["a.", "eyJaaaaaaaa-", "-----BEGIN "])
def test_beginnings_of_shapes_without_an_end_are_gone_through_once(many: str):
    assert looks_secret("day", many * 100_000) is None
