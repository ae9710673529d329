"""E-mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

from jupyter_flows.errors import NotifyError

SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in.

    Parameters
    ----------
    security
        ``starttls``, ``ssl`` or ``none``.
    user, password
        Empty for none.
    """

    host: str
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.security})"


def send(server: MailServer, mail: EmailMessage, seconds: float = SECONDS) -> None:
    """Hand in a mail.

    Raises
    ------
    NotifyError
        It was not taken; `again` says whether another try may help.
    """
    name = f"mail server {server.host}:{server.port}"
    try:
        with _opened(server, seconds) as connection:
            if server.security == "starttls":
                connection.starttls(context=ssl.create_default_context())
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(mail)
    except smtplib.SMTPAuthenticationError:
        raise NotifyError(name, "it refuses the user and password", "correct them") from None
    except smtplib.SMTPResponseException as error:
        told = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        again = 400 <= error.smtp_code < 500
        raise NotifyError(name, f"it answers {error.smtp_code} {told}", "see what it takes", again=again) from error
    except smtplib.SMTPRecipientsRefused as error:
        raise NotifyError(name, f"it refuses {', '.join(error.recipients)}", "correct the recipients") from error
    except (OSError, smtplib.SMTPException) as error:
        why = "no answer" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
        raise NotifyError(name, why, "see that it can be reached", again=True) from error


def _opened(server: MailServer, seconds: float) -> smtplib.SMTP:
    if server.security == "ssl":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=seconds, context=ssl.create_default_context())
    return smtplib.SMTP(server.host, server.port, timeout=seconds)


__all__ = ["SECONDS", "MailServer", "send"]
