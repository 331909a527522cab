"""Mails to people, over SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from partner_pipeline.errors import InfrastructureError
from partner_pipeline.model.redact import SECRETS
from partner_pipeline.setting_values import is_this_machine

if TYPE_CHECKING:
    from partner_pipeline.settings import Settings

_TLS_PORT: Final = 465
_LONGEST_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Mailer:
    """Sends mails through one server.

    Attributes
    ----------
    host, port
        The server. On port 465 it is spoken to in TLS, else TLS is begun where it is offered.
    sender : str
    recipients : sequence of str
    user, password : optional
        Only ever sent through TLS, or to this very machine.
    timeout : float
        Of each step, s.
    tls : ssl.SSLContext, optional
        By default certificates are checked, except on this very machine.
    """

    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    user: str | None = None
    password: SecretStr | None = field(default=None, repr=False)
    timeout: float = 20.0
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> Mailer | None:
        """The mailer that the settings ask for; None: no mails."""
        if not (settings.smtp_host and settings.alert_from_email and settings.alert_emails):
            return None
        return cls(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.alert_from_email,
            recipients=settings.alert_emails,
            user=settings.smtp_user,
            password=settings.smtp_pass,
        )

    def send(self, subject: str, text: str) -> tuple[str, ...]:
        """Send a mail to all recipients. Secrets are taken out of subject and text.

        Returns
        -------
        tuple of str
            Recipients that the server refused; the others get the mail.

        Raises
        ------
        InfrastructureError
            If the server cannot be reached, or refuses the mail or all of its recipients.
        """
        message = self._message(subject, text)
        with self._server(f"sending a mail through {self.host}:{self.port}") as server:
            return tuple(sorted(server.send_message(message)))

    def check(self) -> None:
        """Connect and log in, and send nothing.

        Raises
        ------
        InfrastructureError
            If the server cannot be reached, or refuses the account.
        """
        with self._server(f"connecting to the mail server {self.host}:{self.port}") as server:
            server.noop()

    @contextmanager
    def _server(self, what: str) -> Iterator[smtplib.SMTP]:
        """The server, logged in to; its errors become ours."""
        try:
            with self._connect() as server:
                self._authenticate(server, what)
                yield server
        except smtplib.SMTPAuthenticationError as error:
            raise InfrastructureError(
                f"{what}: the server refuses SMTP_USER and SMTP_PASS ({error.smtp_code})"
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            refused = ", ".join(sorted(error.recipients))
            raise InfrastructureError(f"{what}: the server refuses {refused}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise InfrastructureError(f"{what}: {SECRETS.redact(str(error))}") from error

    def _message(self, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        # A header has one line, whatever names of files and jobs are in it.
        message["Subject"] = " ".join(SECRETS.redact(subject).split())[:_LONGEST_SUBJECT]
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(SECRETS.redact(text).encode("utf-8", "replace").decode())
        return message

    def _connect(self) -> smtplib.SMTP:
        if self.port == _TLS_PORT:
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout, context=self._context()
            )
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=self._context())
                server.ehlo()
        except BaseException:
            server.close()
            raise
        return server

    def _authenticate(self, server: smtplib.SMTP, what: str) -> None:
        if self.user is None:
            return
        if not isinstance(server.sock, ssl.SSLSocket) and not is_this_machine(self.host):
            raise InfrastructureError(
                f"{what}: the server offers no TLS, and a password is not sent without; use a "
                "server that does, or leave SMTP_USER empty"
            )
        server.login(self.user, "" if self.password is None else self.password.get_secret_value())

    def _context(self) -> ssl.SSLContext:
        if self.tls is not None:
            return self.tls
        context = ssl.create_default_context()
        if is_this_machine(self.host):
            # A relay on this machine has a certificate that it made itself.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
