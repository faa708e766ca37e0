"""Mail: a parcel goes as one letter, by the mail server of the settings."""

import asyncio
import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime

from redraft.agent.client import LOOPBACK
from redraft.agent.errors import UserError
from redraft.agent.jobs import references
from redraft.agent.jobs.channels import Mail
from redraft.agent.jobs.letter import address, letter
from redraft.agent.jobs.parcel import Parcel
from redraft.agent.jobs.smtp import SILENCE, Login, Server, hand_over
from redraft.agent.settings import Settings

PORTS = {"starttls": 587, "ssl": 465, "none": 25}
"""For submission (RFC 6409), submission over TLS (RFC 8314), and relay (RFC 5321)."""


def check_mail(channel: Mail, settings: Settings) -> None:
    """Raises `UserError` for what shows before anything is sent: an address that is none, settings that cannot work.

    Does not look for the password.
    """
    for each in (_sender(settings), *channel.to):
        address(each)
    _host(settings)
    _password_reference(settings)


async def send_mail(
    channel: Mail,
    parcel: Parcel,
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    tls: ssl.SSLContext | None = None,
    silence: float = SILENCE,
) -> None:
    """Returns when the server has taken the letter for everybody whom the channel names.

    `tls` is for tests. Raises `UserError` as `check_mail` does, and `DeliveryFailed`.
    """

    def send() -> None:
        check_mail(channel, settings)
        server = _server(settings, environment, tls, silence)
        hand_over(letter(parcel, _sender(settings), channel.to, datetime.now(UTC)), server)

    await asyncio.to_thread(send)


def _server(settings: Settings, environment: Mapping[str, str], tls: ssl.SSLContext | None, silence: float) -> Server:
    security = settings.smtp_security
    port = settings.smtp_port or PORTS[security]
    login = _login(settings, environment)
    return Server(host=_host(settings), port=port, security=security, login=login, tls=tls, silence=silence)


def _sender(settings: Settings) -> str:
    sender = settings.smtp_from or settings.smtp_user
    if sender is None:
        raise UserError("a letter needs a sender: set smtp_from")
    return sender


def _host(settings: Settings) -> str:
    if settings.smtp_host is None:
        raise UserError("a letter needs a mail server: set smtp_host")
    return settings.smtp_host


def _password_reference(settings: Settings) -> str | None:
    """None where nobody logs in."""
    if settings.smtp_password is None:
        return None
    reference = settings.smtp_password.get_secret_value()
    references.check(reference)
    if settings.smtp_user is None:
        raise UserError("a password needs a user: set smtp_user")
    if settings.smtp_security == "none" and settings.smtp_host not in LOOPBACK:
        raise UserError("no password is sent in the open: set smtp_security to starttls or ssl")
    return reference


def _login(settings: Settings, environment: Mapping[str, str]) -> Login | None:
    reference = _password_reference(settings)
    if reference is None or settings.smtp_user is None:
        return None
    password = references.resolve(reference, environment)
    if not (password.get_secret_value() + settings.smtp_user).isascii():  # smtplib's error would show both
        message = f"the mail user, or the password at {reference}, holds characters that cannot be sent"
        raise UserError(message)
    return Login(user=settings.smtp_user, password=password)
