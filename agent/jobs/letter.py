"""A parcel as a letter (RFC 5322), and the addresses on it."""

import re
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from hashlib import sha256
from pathlib import Path

import idna

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import DeliveryFailed
from redraft.agent.jobs.parcel import Parcel
from redraft.tools.labels import one_line

LARGEST_FILE = 7_000_000
"""Bytes. Postfix takes letters of 10,240,000 bytes (`message_size_limit`) unless told otherwise, and base64 makes 4 of
3: this leaves room for the text."""
ATTACHED = {".pdf": ("application", "pdf"), ".md": ("text", "markdown")}
"""What is attached, by the ending of the file's name; the first that a parcel has."""

_ADDRESS = re.compile(r"(?:(?P<name>[^<>]*)<(?P<long>[^<>\s]+)>|(?P<short>[^<>\s]+))")
# A Dot-string (RFC 5321, section 4.1.2) with the letters of all scripts (RFC 6531), and nothing that could be taken for
# an encoded word.
_LOCAL = re.compile(r"(?!.*=\?)(?=.{1,64}$)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


def address(text: str) -> Address:
    """`zoe@example.org`, or `Zoë <zoe@example.org>`, its domain in ASCII. Raises `UserError` for anything else.

    Quoted local parts and addresses in brackets are refused: nobody has them, and injections are made of them.
    """
    form = _ADDRESS.fullmatch(text.strip())
    local, _, domain = (form["long"] or form["short"]).rpartition("@") if form else ("", "", "")
    try:
        host = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError:
        host = ""
    if form is None or not host or not _LOCAL.fullmatch(local):
        message = f"{one_line(text)!r} is no mail address: give one like zoe@example.org"
        raise UserError(message)
    return Address(_words(form["name"] or "").strip("\"' "), local, host)


def letter(parcel: Parcel, sender: str, to: Sequence[str], at: datetime) -> EmailMessage:
    """What is new, and where the report lies, as text; all of it as HTML; and a file of the report, see `attachment`.

    Its `Message-ID` is the same for every try at one delivery, so that a mailbox which has the letter already can tell.
    Raises `UserError` for an address that is none, and `DeliveryFailed` where the file cannot be read.
    """
    author = address(sender)
    message = _blank()
    message["From"] = author
    message["To"] = [address(each) for each in to]
    message["Subject"] = _words(parcel.title) or _words(parcel.job)
    message["Date"] = at
    message["Message-ID"] = f"<{_digest(parcel.key)}@{author.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: so that nobody's absence is told to us
    message["List-Id"] = f"<{_label(parcel.job)}.redraft.{author.domain}>"
    message.set_content("\n\n".join(filter(None, (parcel.text, "\n".join(map(str, parcel.files))))))
    if parcel.html:
        message.add_alternative(parcel.html, subtype="html")
    _attach(message, parcel)
    return message


class _Line(UnstructuredHeader, BaseHeader):
    """Text that is folded by the older code of the standard library. The newer one loses spaces between encoded words
    (found by a test here, with Python 3.11), and puts long words of ASCII into them, which RFC 2919 forbids."""

    def fold(self, *, policy: Policy) -> str:
        line = Header(self, header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {line}{policy.linesep}"


def _blank() -> EmailMessage:
    headers = HeaderRegistry()
    for name in ("subject", "list-id"):
        headers.map_to_type(name, _Line)
    return EmailMessage(SMTP.clone(header_factory=headers, cte_type="7bit"))


def attachment(parcel: Parcel) -> Path | None:
    """The PDF of a report, else its Markdown; None where neither is there any more, or it is larger than most servers
    take."""
    found = (
        path
        for ending in ATTACHED
        for path in parcel.files
        if path.suffix == ending and path.is_file() and path.stat().st_size <= LARGEST_FILE
    )
    return next(found, None)


def _attach(message: EmailMessage, parcel: Parcel) -> None:
    try:
        path = attachment(parcel)
        content = path.read_bytes() if path else b""
    except OSError as error:
        reason = f"cannot attach the report: {error}"
        raise DeliveryFailed(reason) from error
    if path is not None:
        kind, subtype = ATTACHED[path.suffix]
        message.add_attachment(content, kind, subtype, filename=one_line(path.name))


def _words(text: str) -> str:
    """Text for a header. What looks like an encoded word (RFC 2047) would be read as what it encodes."""
    return one_line(text).replace("=?", "= ?")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def _label(job: str) -> str:
    """The job's name where it can be part of a domain, so that people can sort by it."""
    return job.lower() if _LABEL.fullmatch(job.lower()) else _digest(job)
