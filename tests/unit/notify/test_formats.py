"""A notice in the form of each sink: everything in it is text."""

from __future__ import annotations

import json

from jupyter_flows.notify.formats import as_json, as_mail, as_slack, as_text
from jupyter_flows.notify.notice import LONGEST_ERROR, Notice

HOSTILE = "<!channel> <http://evil|x> & \x1b[31m```\u202eabc"
FAILED = Notice(
    "daily: Failed", "Failed", "daily", "wise-owl", "r1", "clean, cell 3", "ValueError: no rows", "jupyter flows why r1"
)


def test_what_is_known_is_told_and_nothing_else():
    assert as_text(FAILED) == (
        "❌ daily: Failed\n\nflow: daily\nrun: wise-owl (r1)\nstate: Failed\nfailed in: clean, cell 3\n"
        "error: ValueError: no rows\nnext: jupyter flows why r1\n"
    )
    assert as_text(Notice("hello")).splitlines()[1:] == [""]


def test_a_webhook_gets_flat_json():
    told = as_json(FAILED)
    assert (told["culprit"], told["error"], told["run_id"]) == ("clean, cell 3", "ValueError: no rows", "r1")
    assert json.loads(json.dumps(told)) == told


def test_a_chat_gets_no_markup_from_names():
    told = as_slack(Notice(HOSTILE, "Failed", error=HOSTILE))
    text = json.dumps(told, ensure_ascii=False)
    assert "<" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("```") == 2


def test_a_long_error_keeps_its_end():
    notice = Notice("t", error="x" * 50_000 + " the reason")
    assert len(notice.short_error()) == LONGEST_ERROR + 1
    for block in as_slack(notice)["blocks"]:
        assert len(block["text"]["text"]) < 3_000
    assert "the reason" in as_text(notice)


def test_a_subject_of_several_lines_makes_no_header():
    mail = as_mail(Notice("daily\r\nBcc: all@example.com", error="ValueError"), "me@example.com", ("you@example.com",))
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"]
    assert "ValueError" in mail.get_content()
