"""E-mail is handed in; counters are datagrams."""

from __future__ import annotations

import socket

import pytest

from jupyter_flows.errors import NotifyError
from jupyter_flows.notify.formats import as_mail
from jupyter_flows.notify.mail import MailServer, send
from jupyter_flows.notify.notice import Notice
from jupyter_flows.notify.statsd import StatsD, line
from tests.unit.notify.sinks import MailSink, closed_port, serving


def test_a_mail_is_taken():
    with serving(MailSink()) as sink:
        mail = as_mail(Notice("daily: Failed", "Failed", error="ValueError"), "me@example.com", ("you@example.com",))
        send(MailServer("127.0.0.1", sink.port, "none"), mail)
    assert "ValueError" in sink.received[0]


@pytest.mark.parametrize(("to", "again"), [("you@refused.example", False), ("you@example.com", True)])
def test_what_is_not_taken_is_told(to, again):
    mail = as_mail(Notice("t"), "me@example.com", (to,))
    with serving(MailSink()) as sink:
        server = MailServer("127.0.0.1", closed_port() if again else sink.port, "none", password="hunter2-and-more")
        with pytest.raises(NotifyError) as told:
            send(server, mail)
    assert told.value.again is again
    assert "hunter2" not in str(told.value) + repr(MailServer("h", password="hunter2-and-more"))


@pytest.mark.parametrize(
    ("dog", "wanted"),
    [
        (True, "jf.flow_run.failed:1|c|#flow:da_ly,state:Failed"),
        (False, "jf.flow_run.failed.da_ly.Failed:1|c"),
    ],
)
def test_a_line_has_no_foreign_signs(dog, wanted):
    assert line("jf", "flow_run.failed", "1|c", {"state": "Failed", "flow": "da|ly"}, dog) == wanted


def test_counters_and_durations_arrive():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        told = StatsD("127.0.0.1", server.getsockname()[1])
        told.count("flow_run.failed")
        told.duration("flow_run.duration", 1.5)
        assert server.recv(2048) == b"jupyter_flows.flow_run.failed:1|c"
        assert server.recv(2048) == b"jupyter_flows.flow_run.duration:1500.000|ms"
        told.close()


def test_nobody_who_listens_is_no_error():
    told = StatsD("127.0.0.1", closed_port())
    for _ in range(3):
        told.count("x")
    told.close()
