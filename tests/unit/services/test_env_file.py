from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_flows.errors import EnvFileError
from jupyter_flows.secrets.resolved import redact
from jupyter_flows.services.env_file import MOST_BYTES, parse_env_file, read_env_file


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", {}),
        ("# only a comment\n\n   \n", {}),
        ("A=1", {"A": "1"}),
        ("A = 1 ", {"A": "1"}),
        ("export A=1\nexport\tB=2", {"A": "1", "B": "2"}),
        ("exporter=1", {"exporter": "1"}),
        ("A=", {"A": ""}),
        ("A=# nothing", {"A": ""}),
        ("A=a#b", {"A": "a#b"}),
        ("A=a # b", {"A": "a"}),
        ("A=a=b", {"A": "a=b"}),
        ("A='a # b' # c", {"A": "a # b"}),
        (r"A='a\n'", {"A": r"a\n"}),
        (r'A="a\n\"b\" \\ \$X \q"', {"A": 'a\n"b" \\ $X \\q'}),
        ('A="two\nlines"\nB=3', {"A": "two\nlines", "B": "3"}),
        ("A=$HOME `id`", {"A": "$HOME `id`"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A=ä\r\nB=2\r\n", {"A": "ä", "B": "2"}),
        ("A='it''", None),
        ("A=''", {"A": ""}),
    ],
)
def test_lines_are_read_as_they_are_meant(text: str, wanted: dict[str, str] | None):
    if wanted is None:
        with pytest.raises(EnvFileError, match="more behind the closing"):
            parse_env_file(text, "env")
    else:
        assert parse_env_file(text, "env") == wanted


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("A=1\nhush-hush", 2, "should read NAME=value"),
        ("1A=hush-hush", 1, "should read NAME=value"),
        ("A B=hush-hush", 1, "should read NAME=value"),
        ("=hush-hush", 1, "should read NAME=value"),
        ("\nA='hush-hush", 2, "no closing '"),
        ('A="hush-hush\\"', 1, 'no closing "'),
        ('A="hush" hush-hush', 1, 'more behind the closing "'),
    ],
)
def test_a_wrong_line_is_named_by_its_number_and_never_shown(text: str, line: int, why: str):
    with pytest.raises(EnvFileError) as caught:
        parse_env_file(text, "env")
    assert caught.value.line == line
    assert why in str(caught.value)
    assert "hush-hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "line", "why"),
    [
        (b"A=1\nB=\xff", 2, "not UTF-8"),
        (b"A=1\n\nB=\0", 3, "NUL"),
        (b"A=" + b"x" * MOST_BYTES, 0, "at most"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused(tmp_path: Path, data: bytes, line: int, why: str):
    path = tmp_path / "env"
    path.write_bytes(data)
    with pytest.raises(EnvFileError, match=why) as caught:
        read_env_file(path)
    assert caught.value.line == line


def test_a_missing_file_says_what_to_do(tmp_path: Path):
    with pytest.raises(EnvFileError, match="put it there, or deploy without it"):
        read_env_file(tmp_path / "env")


def test_every_value_is_taken_out_of_what_is_written_from_then_on(tmp_path: Path):
    path = tmp_path / "env"
    path.write_text("\ufeffTOKEN='hush-hush-hush'\nSHORT=abc\n", encoding="utf-8")
    assert read_env_file(path) == {"TOKEN": "hush-hush-hush", "SHORT": "abc"}
    assert "hush-hush" not in redact("the token is hush-hush-hush, abc")
    assert "abc" in redact("the token is hush-hush-hush, abc")
