import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import DeliveryFailed
from redraft.agent.jobs.letter import LARGEST_FILE, address, letter
from redraft.agent.jobs.parcel import Parcel
from redraft.tests.agent.jobs.parcels import parcel
from redraft.tools.labels import one_line

AT = datetime(2026, 3, 2, 6, 5, tzinfo=UTC)
ZOE = "Zoë Müller <zoe@example.org>"
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "List-Id", "MIME-Version", "Content-Type"]


def arrived(sent: Parcel, sender: str = ZOE, to: tuple[str, ...] = ("ann@example.org",)) -> EmailMessage:
    """The letter as its receiver reads it."""
    return message_from_bytes(letter(sent, sender, to, AT).as_bytes(), policy=default)


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return unbroken(cast("str", part.get_content()))


def unbroken(text: str) -> str:
    """With newlines alone: in letters every line ends with CRLF (RFC 2045, section 6.7)."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def names(message: EmailMessage) -> list[str | None]:
    return [part.get_filename() for part in message.iter_attachments()]


def test_a_letter_says_what_is_new_and_where_the_report_lies() -> None:
    message = arrived(parcel())

    assert message["Subject"] == "Was Straßenbahnen kosten"
    assert content(message, "plain") == "Neu: eine Linie in Köln.\n\n/reports/trams.html\n/reports/trams.pdf\n"
    assert content(message, "html") == "<h1>Was Straßenbahnen kosten</h1>\n"
    assert message.get_content_type() == "multipart/alternative"
    assert message["Date"].datetime == AT


def test_a_notice_is_plain_text() -> None:
    message = arrived(parcel(kind="notice", text="Paused.", html="", markdown="", files=()))

    assert message.get_content_type() == "text/plain"
    assert content(message, "plain") == "Paused.\n"


def test_every_try_at_a_delivery_has_the_same_message_id_and_no_other_has() -> None:
    first, again, other = (arrived(parcel(key=key))["Message-ID"] for key in ("a", "a", "b"))

    assert first == again != other
    assert re.fullmatch(r"<\w+@example\.org>", first)


def test_programs_can_tell_that_nobody_wrote_it_and_which_job_it_is_of() -> None:
    message = arrived(parcel())

    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Id"] == "<weekly-trams.redraft.example.org>"


@pytest.mark.parametrize("job", ["每周 天气", "a_b", "x" * 60, "a>\r\nBcc: x@example.org"])
def test_a_job_whose_name_cannot_be_part_of_a_domain_has_a_list_of_its_own(job: str) -> None:
    sent = letter(parcel(job=job), f"redraft@{'long.' * 20}example.org", ["ann@example.org"], AT).as_bytes()

    assert re.search(rb"\nList-Id:\s+<\w{32}\.redraft\.(long\.){20}example\.org>\r\n", sent)


def test_names_and_domains_of_all_scripts_arrive() -> None:
    message = arrived(parcel(), sender="Zoë, die Müllerin <zoe@müller.example>", to=("李 <li@例子.example>",))

    assert [(each.display_name, each.addr_spec) for each in (*message["From"].addresses, *message["To"].addresses)] == [
        ("Zoë, die Müllerin", "zoe@xn--mller-kva.example"),
        ("李", "li@xn--fsqu00a.example"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "zoe",
            "zoe@",
            "@example.org",
            "a b@example.org",
            "a@b@example.org",
            "a..b@example.org",
            "zoe@exa mple.org",
        ),
        *("a@example.org, b@example.org", "<a@example.org", "zoe@example.org\nBcc: x@example.org", "zoe@b..example"),
        *('"a b"@example.org', "zoe@[127.0.0.1]", "=?utf-8?q?a=0ABcc?=@example.org", "Zoë\r\nBcc: b@c.d zoe@e.org"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UserError, match="is no mail address") as refused:
        address(text)

    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("files", "attached"),
    [
        (["a.html", "b.md", "c.pdf"], ["c.pdf"]),
        (["a.html", "b.md"], ["b.md"]),
        (["a.html"], []),
        (["a.md", "gone.pdf"], ["a.md"]),
    ],
)
def test_the_file_that_reads_best_is_attached(tmp_path: Path, files: list[str], attached: list[str]) -> None:
    for name in files:
        if name != "gone.pdf":
            (tmp_path / name).write_bytes(b"%PDF \xff\x00")

    message = arrived(parcel(files=tuple(tmp_path / name for name in files)))

    assert names(message) == attached
    for part in message.iter_attachments():
        assert part.get_payload(decode=True) == b"%PDF \xff\x00"


def test_a_file_that_mail_servers_would_refuse_stays_at_home(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(bytes(LARGEST_FILE))
    (tmp_path / "b.pdf").write_bytes(bytes(LARGEST_FILE + 1))

    assert names(arrived(parcel(files=(tmp_path / "b.pdf",)))) == []
    largest = letter(parcel(files=(tmp_path / "a.pdf",)), ZOE, ["ann@example.org"], AT)
    assert 9_000_000 < len(largest.as_bytes()) < 10_240_000


def test_a_file_that_cannot_be_read_is_no_reason_to_give_up(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match="cannot attach the report") as failed:
        letter(parcel(files=(tmp_path / f"{'long' * 99}.pdf",)), ZOE, ["ann@example.org"], AT)

    assert not failed.value.for_good


@given(title=st.text(), question=st.text(), text=st.text(), job=st.text(min_size=1))
@example(title="=?utf-8?q?a=0D=0ABcc:_x=40example.org?=", question="", text="", job="a")
@example(title="a\r\nBcc: x@example.org\r\n\r\nb", question="\n\n", text="From x\n.\r\n--==\n", job="a\nb")
@example(title="ä=?utf-8?b?eA==?= " * 40, question="", text="\x00\x85\u2028", job="ä")
def test_whatever_a_report_says_no_header_is_made_of_it(title: str, question: str, text: str, job: str) -> None:
    sent = parcel(title=title, question=question, text=text, job=job)

    message = arrived(sent)

    assert letter(sent, ZOE, ["ann@example.org"], AT).as_bytes().isascii()
    assert message.keys() == HEADERS
    assert without_spaces(message["Subject"]) == without_spaces(one_line(title) or one_line(job))
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert content(message, "plain").startswith(unbroken(text))


def without_spaces(text: str) -> str:
    """One is put into what a mail program would take for an encoded word."""
    return text.replace(" ", "")


@given(st.text())
def test_a_title_is_the_subject_word_for_word(title: str) -> None:
    title = f"Trams {title}"
    assume("=?" not in one_line(title))

    assert arrived(parcel(title=title))["Subject"] == one_line(title)
