"""A mail server on this machine that does what a test tells it to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from redraft.tests.agent.jobs.parcels import SECRET


@dataclass
class Office:
    """Takes letters, unless `answers` has something else to say: to each command in turn."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    asked: list[str] = field(default_factory=list)
    """The commands that were heard."""
    taken: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    @property
    def letters(self) -> list[EmailMessage]:
        return [message_from_bytes(envelope.original_content or b"", policy=default) for envelope in self.taken]

    def _answer(self, command: str) -> str | None:
        self.asked.append(command)
        answers = self.answers.get(command)
        return answers.pop(0) if answers else None

    async def handle_MAIL(  # noqa: N802  # aiosmtpd names them so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options += options
        return self._answer("MAIL") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self._answer(f"RCPT {address}") or "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._answer("DATA")
        if answer == "drop" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        if answer is None:
            self.taken.append(envelope)
            self.encrypted.append(session.ssl is not None)
        return answer or "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, way: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.users.append(data.login.decode())
        if data.password.decode() == SECRET:
            return AuthResult(success=True)
        return AuthResult(success=False, handled=False, message=f"535 {data.password.decode()} is wrong")


class Certificates:
    """An authority of our own, and what the server shows of it."""

    def __init__(self) -> None:
        authority = trustme.CA()
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", "localhost").configure_cert(self.server)
        self.trusting = ssl.create_default_context()
        authority.configure_trust(self.trusting)


@asynccontextmanager
async def open_office(
    office: Office, *, ssl_context: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Office]:
    """`options` are those of `aiosmtpd.smtp.SMTP`."""
    loop = asyncio.get_running_loop()
    options = {"enable_SMTPUTF8": True} | options

    def session() -> SMTP:
        return SMTP(office, loop=loop, authenticator=office.authenticate, **options)

    async with await loop.create_server(session, "127.0.0.1", 0, ssl=ssl_context) as listening:
        office.port = listening.sockets[0].getsockname()[1]
        yield office
