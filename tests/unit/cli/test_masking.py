"""What a command's process prints of a secret, whole or in pieces."""

from __future__ import annotations

import sys

import pytest

from jupyter_flows.cli.masking import masked_streams
from jupyter_flows.secrets.resolved import register


def test_what_is_printed_shows_no_secret(capsys: pytest.CaptureFixture[str]):
    around = sys.stdout, sys.stderr
    with masked_streams():
        print("before", end=" ")
        register("hush-hush-17")
        for piece in "a hush-hush-17 b hus":
            print(piece, end="", flush=True)
        sys.stderr.writelines(["hush-hush", "-17\n"])
        assert not sys.stdout.isatty()
    assert (sys.stdout, sys.stderr) == around
    assert capsys.readouterr() == ("before a •••••• b hus", "••••••\n")


def test_an_error_leaves_the_streams_as_they_were():
    around = sys.stdout
    with pytest.raises(ValueError, match="mine"), masked_streams():
        raise ValueError("mine")
    assert sys.stdout is around
