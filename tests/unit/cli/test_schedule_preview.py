from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_flows.cli.schedule_preview import preview, preview_json, print_preview
from jupyter_flows.cli.screen import Screen
from jupyter_flows.errors import ScheduleError
from jupyter_flows.schedules import CronSchedule, DatesSchedule, IntervalSchedule

NOW = datetime(2027, 3, 26, 12, tzinfo=UTC)
NIGHT = CronSchedule("30 2 * * *", timezone="Europe/Rome")


def printed(shown) -> list[str]:
    stream = io.StringIO()
    print_preview(Screen(stream), shown, "latest", "queue")
    return stream.getvalue().splitlines()


@pytest.fixture(autouse=True)
def _here_is_utc(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_schedule_is_shown_in_words_and_as_its_times_there_and_in_utc():
    lines = printed(preview([CronSchedule("0 9 * * 1-5", timezone="Europe/Rome")], {}, NOW, 2))

    assert lines == [
        "at 09:00 on Monday to Friday, Europe/Rome",
        "of missed times the latest runs; a run waits for the one before it",
        "",
        "Europe/Rome            UTC",
        "Mon 29 Mar 2027 09:00  Mon 29 Mar 2027 07:00",
        "Tue 30 Mar 2027 09:00  Tue 30 Mar 2027 07:00",
    ]


def test_a_change_of_the_clocks_is_warned_of():
    shown = preview([NIGHT], {}, NOW)
    assert shown.warnings[0].startswith("on 2027-03-28 the clocks of Europe/Rome change: 02:30 does not exist")
    assert "note: " + shown.warnings[0] in printed(shown)


def test_the_time_here_is_shown_where_it_is_neither(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    lines = printed(preview([NIGHT], {}, NOW, 1))
    assert lines[3].split() == ["Europe/Rome", "UTC", "HERE"]
    assert lines[4].endswith("Sat 27 Mar 2027 10:30")


def test_times_of_seconds_show_them_and_utc_alone_is_one_column():
    lines = printed(preview([IntervalSchedule(timedelta(seconds=5))], {}, NOW, 1))
    assert lines[3:] == ["UTC", "Fri 26 Mar 2027 12:00:05"]


def test_templates_are_shown_as_each_run_will_have_them():
    shown = preview([NIGHT], {"day": "{yesterday:%d %b}", "n": 3, "since": "{previous_tick:%H:%M}"}, NOW, 2)
    assert [one.parameters for one in shown.times] == [
        {"day": "26 Mar", "since": "02:30"},
        {"day": "27 Mar", "since": "02:30"},
    ]
    assert printed(shown)[4].endswith("day=26 Mar, since=02:30")


def test_several_clocks_are_shown_together_each_instant_once():
    ten, every = CronSchedule("0 13 * * *"), IntervalSchedule(timedelta(hours=1))
    shown = preview([ten, every], {}, NOW, 2)
    assert [one.at.hour for one in shown.times] == [13, 14]
    assert "; and every hour" in shown.words


@pytest.mark.parametrize(
    ("clock", "parameters"),
    [
        (DatesSchedule(["2020-01-01"]), {}),
        (NIGHT, {"day": "{tock}"}),
        (NIGHT, {"rows": ["{tick"]}),
        (DatesSchedule(["2030-01-01"]), {"since": "{previous_tick}"}),
    ],
)
def test_what_never_comes_or_cannot_be_filled_is_refused(clock, parameters):
    with pytest.raises(ScheduleError):
        preview([clock], parameters, NOW)


def test_what_stands_in_a_template_cannot_act_on_a_terminal():
    lines = printed(preview([NIGHT], {"x": "\x1b[31m{tick:%d}\n"}, NOW, 1))
    assert len(lines) >= 5
    assert "\x1b" not in "".join(lines)


def test_as_json_each_time_is_there_in_both_zones():
    told = preview_json(preview([NIGHT], {"day": "{tick:%F}"}, NOW, 1))
    assert told["next"] == [
        {"at": "2027-03-27T02:30:00+01:00", "utc": "2027-03-27T01:30:00+00:00", "parameters": {"day": "2027-03-27"}}
    ]
    assert len(told["warnings"]) == 3
