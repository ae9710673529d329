"""Blocks that tell others: a webhook, a chat, e-mail. Their addresses and passwords are kept as secrets."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from jupyter_flows.authoring.block import Block
from jupyter_flows.notify import formats, mail, webhook
from jupyter_flows.notify.notice import Notice


class Webhook(Block):
    """An address that takes a JSON object."""

    _block_type_name: ClassVar[str | None] = "Webhook"

    url: SecretStr = Field(description="https://HOST/PATH; often its path is a secret.")
    headers: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr], description="Sent with each call.")

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: SecretStr) -> SecretStr:
        webhook.check_address(value.get_secret_value())
        return value

    def call(self, payload: Any) -> None:
        """Post a payload.

        Raises
        ------
        NotifyError
        """
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        webhook.post(self.url.get_secret_value(), payload, headers)

    def notify(self, body: str | Notice, subject: str | None = None) -> None:
        """Post a message, or what is to be told of a run."""
        self.call(formats.as_json(_notice(body, subject)))


class SlackWebhook(Webhook):
    """An incoming webhook of Slack, or of a chat that takes the same."""

    _block_type_name: ClassVar[str | None] = "Slack Webhook"

    def notify(self, body: str | Notice, subject: str | None = None) -> None:
        """Write to the chat.

        Raises
        ------
        NotifyError
        """
        self.call(formats.as_slack(_notice(body, subject)))


class Email(Block):
    """A mail server and whom to write to."""

    _block_type_name: ClassVar[str | None] = "Email"

    to: list[str] = Field(min_length=1, description="Recipients.")
    sender: str = Field(default="", description="The first recipient where it is empty.")
    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "ssl", "none"] = "starttls"
    user: str = ""
    password: SecretStr = SecretStr("")

    @field_validator("to")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        if not all("@" in one and one.isprintable() for one in value):
            raise ValueError("give e-mail addresses")
        return value

    def notify(self, body: str | Notice, subject: str | None = None) -> None:
        """Send a mail.

        Raises
        ------
        NotifyError
        """
        letter = formats.as_mail(_notice(body, subject), self.sender or self.to[0], tuple(self.to))
        password = self.password.get_secret_value()
        mail.send(mail.MailServer(self.host, self.port, self.security, self.user, password), letter)


def _notice(body: str | Notice, subject: str | None) -> Notice:
    return body if isinstance(body, Notice) else Notice(subject or body, facts=(("text", body),) if subject else ())


__all__ = ["Email", "SlackWebhook", "Webhook"]
