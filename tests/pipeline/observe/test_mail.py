"""Mails: sent for real to an SMTP server in a thread."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from partner_pipeline.errors import InfrastructureError
from partner_pipeline.observe import mail
from partner_pipeline.observe.mail import Mailer
from partner_pipeline.settings import Settings

PLANTED = "pl4nted-s3cret"


class Inbox:
    """What a server was given; addresses at ``nowhere.example`` are refused."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.in_tls: list[bool] = []
        self.logins: list[bytes] = []

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.endswith("nowhere.example"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        self.in_tls.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        if data.password != PLANTED.encode():
            return AuthResult(success=False, handled=False)
        self.logins.append(data.login)
        return AuthResult(success=True)

    def mail(self) -> EmailMessage:
        (envelope,) = self.envelopes
        content = envelope.content
        assert isinstance(content, bytes)
        return message_from_bytes(content, policy=policy.default)


class _Controller(Controller):
    """A server on any port that is free."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


Serve = Callable[..., tuple[Inbox, int]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as running:

        def start(tls: ssl.SSLContext | None = None, **options: Any) -> tuple[Inbox, int]:
            inbox = Inbox()
            controller = _Controller(
                inbox, hostname="127.0.0.1", port=0, tls_context=tls,
                authenticator=inbox.authenticate, **options,
            )  # fmt: skip
            controller.start()
            running.callback(controller.stop)
            return inbox, controller.port

        yield start


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _mailer(port: int, **changes: Any) -> Mailer:
    fields: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "sender": "satlog@farm.example",
        "recipients": ("ops@farm.example", "boss@farm.example"),
    }
    return Mailer(**(fields | changes))


def test_a_mail_arrives(serve: Serve) -> None:
    inbox, port = serve()
    assert _mailer(port).send("50 dead letters – look!", "Größe: 50\n\nSee docs.") == ()
    message = inbox.mail()
    assert message["Subject"] == "50 dead letters – look!"
    assert message["From"] == "satlog@farm.example"
    assert message.get_content().split() == ["Größe:", "50", "See", "docs."]
    assert message["Auto-Submitted"] == "auto-generated"
    assert inbox.envelopes[0].rcpt_tos == ["ops@farm.example", "boss@farm.example"]


def test_tls_where_it_is_offered(serve: Serve, server_tls: ssl.SSLContext) -> None:
    inbox, port = serve(server_tls, require_starttls=True)
    _mailer(port, user="me", password=SecretStr(PLANTED)).send("x", "y")
    assert inbox.in_tls == [True]
    assert inbox.logins == [b"me"]


def test_a_certificate_that_nobody_trusts_is_refused(
    serve: Serve, server_tls: ssl.SSLContext
) -> None:
    inbox, port = serve(server_tls)
    with pytest.raises(InfrastructureError, match="certificate"):
        _mailer(port, tls=ssl.create_default_context()).send("x", "y")
    assert inbox.envelopes == []


def test_a_certificate_that_is_trusted(
    serve: Serve, server_tls: ssl.SSLContext, certificate: Path
) -> None:
    inbox, port = serve(server_tls)
    _mailer(port, tls=ssl.create_default_context(cafile=str(certificate))).send("x", "y")
    assert inbox.in_tls == [True]


def test_a_wrong_password_is_said_and_not_shown(serve: Serve, server_tls: ssl.SSLContext) -> None:
    _, port = serve(server_tls)
    mailer = _mailer(port, user="me", password=SecretStr(f"{PLANTED}-wrong"))
    with pytest.raises(InfrastructureError, match="SMTP_USER") as caught:
        mailer.send("x", "y")
    assert PLANTED not in repr(caught.value) + repr(mailer)


def test_no_password_without_tls_to_another_machine(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, port = serve(auth_require_tls=False)
    monkeypatch.setattr(mail, "is_this_machine", lambda _: False)
    with pytest.raises(InfrastructureError, match="no TLS"):
        _mailer(port, user="me", password=SecretStr(PLANTED)).send("x", "y")
    assert inbox.logins == []


def test_secrets_are_not_mailed(serve: Serve) -> None:
    inbox, port = serve()
    url = f"https://x.example/?password={PLANTED}"
    _mailer(port).send(f"failed: {url}", f"calling {url}")
    content = inbox.mail().as_string()
    assert "calling" in content
    assert PLANTED not in content


def test_names_from_outside_add_no_headers(serve: Serve) -> None:
    inbox, port = serve()
    _mailer(port).send("log x\r\nBcc: thief@nowhere.example\n\nbody", "\ud800 lone")
    assert inbox.mail()["Bcc"] is None
    assert inbox.mail()["Subject"] == "log x Bcc: thief@nowhere.example body"


def test_who_is_refused_is_told_and_the_others_get_it(serve: Serve) -> None:
    inbox, port = serve()
    refused = _mailer(port, recipients=("a@nowhere.example", "b@farm.example")).send("x", "y")
    assert refused == ("a@nowhere.example",)
    assert inbox.envelopes[0].rcpt_tos == ["b@farm.example"]


def test_all_refused_is_an_error(serve: Serve) -> None:
    _, port = serve()
    with pytest.raises(InfrastructureError, match=r"refuses a@nowhere\.example"):
        _mailer(port, recipients=("a@nowhere.example",)).send("x", "y")


def test_no_server_is_an_error(serve: Serve) -> None:
    _, port = serve()
    with pytest.raises(InfrastructureError, match="sending a mail through"):
        _mailer(port, host="127.0.0.2").send("x", "y")


def test_tls_from_the_start(
    serve: Serve, server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox, port = serve(ssl_context=server_tls)
    monkeypatch.setattr(mail, "_TLS_PORT", port)
    _mailer(port).send("x", "y")
    assert inbox.in_tls == [True]


def test_a_server_that_says_nothing_is_not_waited_for_forever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mailer = _mailer(silent.getsockname()[1], timeout=0.1)
        with pytest.raises(InfrastructureError, match="timed out"):
            mailer.send("x", "y")


def test_the_settings_say_whether_there_are_mails() -> None:
    assert Mailer.of(Settings.load(smtp_host="h")) is None
    mailer = Mailer.of(
        Settings.load(smtp_host="h", smtp_port="25", alert_emails="a@b.c", alert_from_email="d@e.f")
    )
    assert mailer is not None
    assert (mailer.host, mailer.port, mailer.recipients) == ("h", 25, ("a@b.c",))
