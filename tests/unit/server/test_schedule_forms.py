from __future__ import annotations

import pytest

from jupyter_flows.model.deployments import ScheduleDefinition
from jupyter_flows.schedules import CronSchedule, Schedule, filters, to_json
from jupyter_flows.server.schedule_forms import clocks_of_form, form_of, source_of
from jupyter_flows.server.shapes.deployments import ScheduleForm

FORMS = [
    {"cron": ["0 9 * * 1-5"], "timezone": "Europe/Rome"},
    {"every": ["1h30m"], "start": "2027-01-01T00:00:00"},
    {"every": ["2d"], "at": ["07:15"], "timezone": "America/New_York"},
    {"rrule": ["FREQ=WEEKLY;BYDAY=MO"], "end": "2028-01-01T00:00:00"},
    {"at": ["2027-03-28T02:30:00", "2027-04-01T09:00:00"], "jitter": "5m"},
    {"cron": ["0 9 * * *", "0 18 * * *"], "catchup": "all", "overlap": "skip"},
]


@pytest.mark.parametrize("given", FORMS)
def test_what_a_form_says_is_stored_and_read_back_as_the_same(given):
    form = ScheduleForm.model_validate(given)
    source = to_json(source_of(clocks_of_form(form)))
    shown = form_of(ScheduleDefinition("schedule", source, form.catchup, form.overlap))
    assert shown is not None
    assert to_json(source_of(clocks_of_form(shown))) == source
    assert (shown.catchup, shown.overlap, shown.timezone) == (form.catchup, form.overlap, form.timezone)


@pytest.mark.parametrize(
    "source",
    [
        Schedule((CronSchedule("0 9 * * *"),), filters=(filters.is_weekday,)),
        CronSchedule("0 9 * * *", parameters={"n": 1}),
        Schedule((CronSchedule("0 9 * * *", timezone="Europe/Rome"), CronSchedule("0 9 * * *"))),
    ],
)
def test_what_a_form_cannot_say_has_none(source):
    assert form_of(ScheduleDefinition("schedule", to_json(source))) is None
