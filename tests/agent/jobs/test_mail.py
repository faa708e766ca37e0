"""Letters to a real mail server on this machine."""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import DeliveryFailed, Mail
from redraft.agent.jobs.mail import check_mail, send_mail
from redraft.agent.settings import Settings, load_settings
from redraft.tests.agent.jobs.mailserver import Certificates, Office, open_office
from redraft.tests.agent.jobs.parcels import SECRET, parcel, told

pytestmark = pytest.mark.enable_socket

ANN = Mail(to=("ann@example.org",))
BOTH = Mail(to=("ann@example.org", "ben@example.org"))
LOGIN: dict[str, Any] = {"smtp_user": "zoe", "smtp_password": "env:MAIL_PASSWORD"}


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    return Certificates()


def reaching(office: Office, **own: Any) -> Settings:
    given = {
        "smtp_host": "127.0.0.1",
        "smtp_port": office.port,
        "smtp_security": "none",
        "smtp_from": "zoe@example.org",
    }
    return load_settings(**given | own)


async def send(office: Office, channel: Mail = ANN, *, password: str = SECRET, **own: Any) -> None:
    deps = {name: own.pop(name) for name in ("tls", "silence") if name in own}
    environment: Mapping[str, str] = {"MAIL_PASSWORD": password}
    await send_mail(channel, parcel(), reaching(office, **own), environment=environment, **deps)


async def failure(office: Office, channel: Mail = ANN, **own: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        await send(office, channel, **own)
    assert len(str(failed.value).splitlines()) == 1
    return failed.value


async def test_a_letter_arrives_by_starttls(certificates: Certificates) -> None:
    async with open_office(Office(), tls_context=certificates.server, require_starttls=True) as office:
        await send(office, smtp_security="starttls", tls=certificates.trusting, **LOGIN)

    assert (office.encrypted, office.users) == ([True], ["zoe"])
    assert office.letters[0]["Subject"] == "Was Straßenbahnen kosten"
    assert (office.taken[0].mail_from, office.taken[0].rcpt_tos) == ("zoe@example.org", ["ann@example.org"])


async def test_a_letter_arrives_by_ssl(certificates: Certificates) -> None:
    async with open_office(Office(), ssl_context=certificates.server, auth_require_tls=False) as office:
        await send(office, smtp_security="ssl", tls=certificates.trusting, **LOGIN)

    assert office.users == ["zoe"]
    assert office.letters[0].get_content_type() == "multipart/alternative"


async def test_a_server_on_this_machine_needs_neither_tls_nor_a_login() -> None:
    async with open_office(Office()) as office:
        await send(office, BOTH)

    assert office.encrypted == [False]
    assert office.taken[0].rcpt_tos == ["ann@example.org", "ben@example.org"]


async def test_without_starttls_nothing_is_sent(certificates: Certificates) -> None:
    async with open_office(Office(), auth_require_tls=False) as office:
        failed = await failure(office, smtp_security="starttls", tls=certificates.trusting, **LOGIN)

    assert failed.for_good
    assert "STARTTLS" in str(failed)
    assert (office.asked, office.users) == ([], [])


@pytest.mark.parametrize("security", ["starttls", "ssl"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificates: Certificates, security: str) -> None:
    options = {"tls_context" if security == "starttls" else "ssl_context": certificates.server}
    async with open_office(Office(), **options) as office:
        failed = await failure(office, smtp_security=security, **LOGIN)

    assert "certificate" in str(failed)
    assert not failed.for_good
    assert (office.asked, office.users) == ([], [])


async def test_a_wrong_password_is_for_good_and_told_to_nobody() -> None:
    async with open_office(Office(), auth_require_tls=False) as office:
        failed = await failure(office, password="wrong-one", **LOGIN)

    assert failed.for_good
    assert "refuses the user or the password (535)" in str(failed)
    assert "wrong-one" not in told(failed)  # though the server has repeated it
    assert office.asked == []


async def test_a_password_goes_over_tls_or_stays_on_this_machine() -> None:
    settings = load_settings(smtp_host="mail.example.org", smtp_security="none", smtp_from="a@b.c", **LOGIN)

    with pytest.raises(UserError, match="no password is sent in the open"):
        await send_mail(ANN, parcel(), settings, environment={"MAIL_PASSWORD": SECRET})


@pytest.mark.parametrize(("code", "for_good"), [("450 try later", False), ("550 who is that", True)])
async def test_a_recipient_that_is_refused_is_named(code: str, for_good: bool) -> None:
    async with open_office(Office({"RCPT ann@example.org": [code]})) as office:
        failed = await failure(office)

    assert f"ann@example.org ({code})" in str(failed)
    assert failed.for_good == for_good
    assert office.taken == []


async def test_who_has_the_letter_does_not_get_it_again_when_another_is_refused() -> None:
    async with open_office(Office({"RCPT ben@example.org": ["450 try later"]})) as office:
        failed = await failure(office, BOTH)

    assert failed.for_good
    assert "ben@example.org (450 try later)" in str(failed)
    assert "ann" not in str(failed)
    assert office.taken[0].rcpt_tos == ["ann@example.org"]


async def test_as_long_as_nobody_has_the_letter_one_who_may_get_it_later_is_reason_to_try() -> None:
    refusals = {"RCPT ann@example.org": ["550 who is that"], "RCPT ben@example.org": ["450 try later"]}
    async with open_office(Office(refusals)) as office:
        failed = await failure(office, BOTH)

    assert not failed.for_good
    assert "ann@example.org (550 who is that); ben@example.org (450 try later)" in str(failed)


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
async def test_a_server_that_has_no_time_now_gets_the_same_letter_later(command: str) -> None:
    async with open_office(Office({command: ["451 later"]})) as office:
        failed = await failure(office)
        await send(office)

    assert not failed.for_good
    assert "451 later" in str(failed)
    assert len(office.letters) == 1


@pytest.mark.parametrize("command", ["MAIL", "DATA"])
async def test_a_server_that_will_not_have_it_is_not_asked_again(command: str) -> None:
    async with open_office(Office({command: ["554 spam"]})) as office:
        assert (await failure(office)).for_good


async def test_a_connection_that_breaks_is_tried_again_with_the_same_message_id() -> None:
    async with open_office(Office({"DATA": ["drop"]})) as office:
        failed = await failure(office)
        await send(office)
        await send(office)

    assert not failed.for_good
    assert office.letters[0]["Message-ID"] == office.letters[1]["Message-ID"]


async def test_nobody_there_is_no_reason_to_give_up() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        failed = await failure(Office(port=taken.getsockname()[1]))

    assert not failed.for_good
    assert "no connection to 127.0.0.1:" in str(failed)


async def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as listening:
        failed = await failure(Office(port=listening.sockets[0].getsockname()[1]), silence=0.05)

    assert not failed.for_good


async def test_letters_of_all_scripts_go_where_the_server_knows_them() -> None:
    async with open_office(Office()) as office:
        await send(office, Mail(to=("Zoë <zoë@müller.example>",)))

    assert office.taken[0].rcpt_tos == ["zoë@xn--mller-kva.example"]
    assert "To: Zoë <zoë@xn--mller-kva.example>\r\n".encode() in (office.taken[0].original_content or b"")


async def test_letters_that_the_server_cannot_address_are_not_sent() -> None:
    async with open_office(Office(), enable_SMTPUTF8=False) as office:
        failed = await failure(office, Mail(to=("zoë@example.org",)))

    assert failed.for_good
    assert "SMTPUTF8" in str(failed)
    assert office.asked == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"smtp_from": "zoe@example.org"}, "set smtp_host"),
        ({"smtp_host": "a"}, "set smtp_from"),
        ({"smtp_host": "a", "smtp_from": "zoe"}, "'zoe' is no mail address"),
        ({"smtp_host": "a", "smtp_from": "a@b.c", "smtp_password": "env:A"}, "set smtp_user"),
        ({"smtp_host": "a", "smtp_user": "a@b.c", "smtp_password": SECRET}, "a secret is given by a reference"),
    ],
)
def test_settings_that_cannot_work_show_before_anything_is_sent(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        check_mail(ANN, load_settings(**settings))

    assert SECRET not in told(refused.value)


async def test_a_password_that_is_not_there_yet_is_looked_for_again() -> None:
    failed = await failure(Office(port=1), password="", **LOGIN)

    assert not failed.for_good
    assert "env:MAIL_PASSWORD" in str(failed)


@settings(max_examples=30)
@given(st.text(), st.sampled_from(["none", "starttls", "ssl"]))
def test_no_password_is_ever_told(password: str, security: str) -> None:
    async def refused() -> BaseException:
        async with open_office(Office(), auth_require_tls=False) as office:
            with pytest.raises((DeliveryFailed, UserError)) as failed:
                await send(office, password=f"pw{password}", **LOGIN, smtp_security=security)
            return failed.value

    assert f"pw{password}" not in told(asyncio.run(refused()))
