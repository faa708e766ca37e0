"""Handing a letter to a mail server (RFC 5321), and what its answers mean."""

import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal

from pydantic import SecretStr

from redraft.agent.jobs.channels import DeliveryFailed
from redraft.tools.labels import one_line

SILENCE = 60.0
"""Seconds in which the server has to say something. RFC 5321 (section 4.5.3.2) waits for up to 10 minutes, for servers
that filter before they answer; here whoever runs the job waits, too, and a letter that arrives twice has the same
`Message-ID`. A starting point, not measured."""
LONGEST_REPLY = 200
"""Characters of what a server says that are told: two lines."""
_PERMANENT = 500  # replies from here on say that trying again is of no use (RFC 5321, section 4.2.1)


@dataclass(frozen=True, kw_only=True)
class Login:
    user: str
    password: SecretStr


@dataclass(frozen=True, kw_only=True)
class Server:
    host: str
    port: int
    security: Literal["starttls", "ssl", "none"]
    login: Login | None = None
    tls: ssl.SSLContext | None = None
    """Checks the server's certificate. None: by the authorities that this machine trusts."""
    silence: float = SILENCE

    @property
    def context(self) -> ssl.SSLContext:
        """Never None, for which smtplib would trust any certificate."""
        return self.tls or ssl.create_default_context()

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def hand_over(message: EmailMessage, server: Server) -> None:
    """Returns when the server has taken the letter for everybody it is to.

    Nothing is sent in the open where TLS is wanted. Raises `DeliveryFailed` with what the server said: for good where
    that is its meaning; and where it has taken the letter for some and not for others, since those must not get it
    twice.
    """
    sender, *to = [each.addr_spec for name in ("From", "To") for each in message[name].addresses]
    with _named_failures(server), closing(_connected(server)) as smtp:
        _prepare(smtp, server)
        refused = smtp.send_message(message, sender, to)
        with suppress(smtplib.SMTPException):  # the letter is theirs by now, whatever they answer
            smtp.quit()
    if refused:
        reason = f"the letter has arrived, but {server} refuses it for {_told(refused)}"
        raise DeliveryFailed(reason, for_good=True)


def _connected(server: Server) -> smtplib.SMTP:
    if server.security == "ssl":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.silence, context=server.context)
    return smtplib.SMTP(server.host, server.port, timeout=server.silence)


def _prepare(smtp: smtplib.SMTP, server: Server) -> None:
    if server.security == "starttls":
        smtp.starttls(context=server.context)
    if server.login:
        smtp.login(server.login.user, server.login.password.get_secret_value())


@contextmanager
def _named_failures(server: Server) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        # What it says is not told: there are servers that repeat what they were sent.
        reason = f"{server} refuses the user or the password ({error.smtp_code})"
        raise DeliveryFailed(reason, for_good=error.smtp_code >= _PERMANENT) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        reason = f"{server} refuses the letter for {_told(error.recipients)}"
        raise DeliveryFailed(reason, for_good=min(codes) >= _PERMANENT) from error
    except smtplib.SMTPResponseException as error:
        reason = f"{server} says {_reply(error.smtp_code, error.smtp_error)}"
        raise DeliveryFailed(reason, for_good=error.smtp_code >= _PERMANENT) from error
    except smtplib.SMTPServerDisconnected as error:
        reason = f"{server} breaks off: {error}"
        raise DeliveryFailed(reason) from error
    except smtplib.SMTPException as error:  # it cannot do what is needed: TLS, a login, letters of all scripts
        reason = f"{server}: {error}"
        raise DeliveryFailed(reason, for_good=True) from error
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that no host can have
        reason = f"no connection to {server}: {error}"
        raise DeliveryFailed(reason) from error


def _told(refused: Mapping[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{address} ({_reply(*reply)})" for address, reply in sorted(refused.items()))


def _reply(code: int, said: bytes | str) -> str:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return one_line(f"{code} {text}")[:LONGEST_REPLY]
