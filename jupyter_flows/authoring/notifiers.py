"""State handlers and hooks that tell others: Slack-compatible chats, webhooks, e-mail. None of them touches the run."""

from __future__ import annotations

import atexit
import functools
import logging
from collections.abc import Callable, Iterable
from typing import Any

from jupyter_flows.drivers.context import FRAME
from jupyter_flows.drivers.run_info import RunInfo, run_info
from jupyter_flows.errors import BadOption, JupyterFlowsError
from jupyter_flows.model.states import State
from jupyter_flows.notify import formats, mail, webhook
from jupyter_flows.notify.notice import Notice
from jupyter_flows.notify.outbox import Outbox
from jupyter_flows.secrets.resolved import redact

_log = logging.getLogger("jupyter_flows.notify")
_LAST_WAIT = 5.0  # seconds that the end of the process waits for what is not sent yet

OUTBOX = Outbox()
atexit.register(OUTBOX.wait, _LAST_WAIT)

Send = Callable[[Notice], object]


class Notifier:
    """A state handler, and a hook, that sends a notice for the states it is for.

    Parameters
    ----------
    name
        What it is, for logs.
    send
        Sends one notice; runs in a thread of its own, up to three times.
    only_states, ignore_states
        States by their name, kind or signal, such as ``"Failed"`` or ``Failed``; of both, the second wins. Without
        either, every final state is told.
    """

    def __init__(
        self, name: str, send: Send, only_states: Iterable[Any] = (), ignore_states: Iterable[Any] = ()
    ) -> None:
        self.__name__ = name
        self._send = send
        self._only, self._not = _names(name, "only_states", only_states), _names(name, "ignore_states", ignore_states)

    def __call__(self, subject: Any, before: Any, state: State) -> None:
        """Tell of a state; ``before`` is the old state for a handler, and the run for a hook."""
        if not self.is_for(state):
            return
        try:
            notice = notice_of(subject, state, before if isinstance(before, RunInfo) else None)
            OUTBOX.put(self.__name__, functools.partial(self._send, notice))
        except Exception:  # noqa: BLE001 - never the run's own affair
            _log.exception("%s could not tell of %s", self.__name__, getattr(subject, "name", subject))

    def is_for(self, state: State) -> bool:
        """Whether a state is told."""
        words = {state.name.lower(), str(state.kind).lower()}
        if words & self._not:
            return False
        return bool(words & self._only) if self._only else state.is_final()


def slack_notifier(
    subject: Any = None,
    old_state: State | None = None,
    new_state: State | None = None,
    *,
    only_states: Iterable[Any] = (),
    ignore_states: Iterable[Any] = (),
    webhook_secret: str = "SLACK_WEBHOOK_URL",  # noqa: S107 - a name
) -> Any:
    """Tell a Slack-compatible chat; a state handler as it is, and one of other states when called with options.

    Parameters
    ----------
    only_states, ignore_states
        See `Notifier`.
    webhook_secret
        Name of the secret that has the address of the incoming webhook.
    """
    notifier = Notifier("slack_notifier", lambda notice: _to_slack(webhook_secret, notice), only_states, ignore_states)
    return notifier if new_state is None else notifier(subject, old_state, new_state)


def webhook_notifier(
    url: str = "", *, secret: str = "", only_states: Iterable[Any] = (), ignore_states: Iterable[Any] = ()
) -> Notifier:
    """Return a state handler that posts a JSON object to an address.

    Parameters
    ----------
    url, secret
        The address, or the name of the secret that has it.
    only_states, ignore_states
        See `Notifier`.
    """
    if bool(url) == bool(secret):
        raise BadOption("webhook_notifier", "url", url, "give either url= or secret=")
    if url:
        webhook.check_address(url)

    def send(notice: Notice) -> None:
        webhook.post(url or _secret(secret), formats.as_json(notice))

    return Notifier("webhook_notifier", send, only_states, ignore_states)


def email_notifier(
    to: str | Iterable[str],
    *,
    host: str = "localhost",
    port: int = 587,
    security: str = "starttls",
    sender: str = "",
    user: str = "",
    password_secret: str = "",
    only_states: Iterable[Any] = (),
    ignore_states: Iterable[Any] = (),
) -> Notifier:
    """Return a state handler that sends an e-mail.

    Parameters
    ----------
    to
        One address or several.
    host, port, security
        The server that takes mail: ``starttls``, ``ssl`` or ``none``.
    sender
        The first of `to` by default.
    user, password_secret
        For the server; the password is the secret of that name.
    only_states, ignore_states
        See `Notifier`.
    """
    recipients = (to,) if isinstance(to, str) else tuple(to)
    if not recipients or not all("@" in one and one.isprintable() for one in recipients):
        raise BadOption("email_notifier", "to", to, "give e-mail addresses")
    if security not in {"starttls", "ssl", "none"}:
        raise BadOption("email_notifier", "security", security, "use starttls, ssl or none")

    def send(notice: Notice) -> None:
        password = _secret(password_secret) if password_secret else ""
        letter = formats.as_mail(notice, sender or recipients[0], recipients)
        mail.send(mail.MailServer(host, port, security, user, password), letter)

    return Notifier("email_notifier", send, only_states, ignore_states)


def notice_of(subject: Any, state: State, run: RunInfo | None = None) -> Notice:
    """Return what is to be told of a flow's or task's state; no secret that is known is in it.

    Parameters
    ----------
    run
        The run, where it is known; else the one around the present code.
    """
    name = str(getattr(subject, "name", subject))
    frame = FRAME.get()
    if run is None and frame is not None:
        run = run_info(frame.call)
    flow, label, run_id = (name, "", "") if run is None else (run.flow_name, run.name, run.flow_run_id)
    error = state.result(raise_on_failure=False) if state.is_final() and not state.is_completed() else None
    told = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else ""
    return Notice(
        title=redact(f"{name}: {state.name}"),
        state=state.name,
        subject=redact(flow),
        run=redact(label),
        run_id=run_id,
        culprit=redact(name) if name != flow else "",
        error=redact(told or (state.message if not state.is_completed() else "")),
        advice=f"jupyter flows why {run_id}" if run_id and error is not None else "",
        at=state.at,
    )


def _to_slack(secret: str, notice: Notice) -> None:
    webhook.post(_secret(secret), formats.as_slack(notice))


def _secret(name: str) -> str:
    from jupyter_flows.authoring.secret import Secret  # deferred: it loads the declared flows

    value = Secret(name).get()
    if not isinstance(value, str):
        raise JupyterFlowsError(f"the secret {name!r} is no text")
    return str(value)


def _names(what: str, option: str, states: Iterable[Any]) -> frozenset[str]:
    names: set[str] = set()
    for state in [states] if isinstance(states, str) else states:
        name = state if isinstance(state, str) else getattr(state, "__name__", None) or getattr(state, "value", None)
        if not isinstance(name, str):
            raise BadOption(what, option, state, "give states by their name, such as 'Failed'")
        names.add(name.lower())
    return frozenset(names)


__all__ = ["OUTBOX", "Notifier", "email_notifier", "notice_of", "slack_notifier", "webhook_notifier"]
