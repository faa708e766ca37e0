"""Webhooks to a real web server on this machine."""

import base64
import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import DeliveryFailed, Webhook
from redraft.agent.jobs.webhook import check_url, post, signature
from redraft.tests.agent.jobs.parcels import SECRET, parcel, told
from redraft.tests.agent.jobs.receiver import Answer, Receiver, is_signed, receiving

pytestmark = pytest.mark.enable_socket

NOW = 1_772_431_500.4


async def send(url: str, *, key: str = "trams-42-1", secret: str | None = None, **deps: Any) -> None:
    await post(Webhook(url=url, secret=secret), parcel(key=key), clock=lambda: NOW, **deps)


async def failure(receiver: Receiver, **own: Any) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        await send(receiver.url, **own)
    assert "token-9" not in told(failed.value)
    return failed.value


async def test_a_report_arrives_as_json() -> None:
    with receiving() as receiver:
        await send(receiver.url)

    path, headers, body = receiver.heard[0]
    assert path == "/hooks/token-9"
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-timestamp"] == "1772431500"
    assert headers["webhook-signature"] is None
    assert json.loads(body) == {
        "type": "report.ready",
        "timestamp": "2026-03-02T06:00:00Z",
        "data": {
            "job": "weekly-trams",
            "question": "What do trams cost?",
            "due_at": "2026-03-02T06:00:00Z",
            "title": "Was Straßenbahnen kosten",
            "text": "Neu: eine Linie in Köln.",
            "markdown": "# Was Straßenbahnen kosten\n\nViel.",
            "run_id": "20260302-060000-ab12",
            "files": ["/reports/trams.html", "/reports/trams.pdf"],
        },
    }


@pytest.mark.parametrize(
    ("secret", "key"),
    [(SECRET, SECRET.encode()), (f"whsec_{base64.b64encode(bytes(range(32))).decode()}", bytes(range(32)))],
)
async def test_what_is_sent_is_signed(secret: str, key: bytes) -> None:
    with receiving() as receiver:
        await send(receiver.url, secret="env:HOOK", environment={"HOOK": secret})

    _, headers, body = receiver.heard[0]
    assert is_signed(headers, body, key)
    assert not is_signed(headers, body + b" ", key)


def test_a_signature_is_that_of_the_example_in_the_specification() -> None:
    secret = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_every_try_at_a_delivery_has_the_same_key_and_the_same_body() -> None:
    with receiving(Answer(500), Answer(500), Answer(200)) as receiver:
        for _ in range(2):
            assert not (await failure(receiver)).for_good
        await send(receiver.url)

    assert len({(path, headers["webhook-id"], body) for path, headers, body in receiver.heard}) == 1
    assert [headers["Idempotency-Key"] for _, headers, _ in receiver.heard] == ["trams-42-1"] * 3


async def test_a_key_may_be_of_any_script() -> None:
    with receiving() as receiver:
        await send(receiver.url, key="wöchentlich-天气\r\nX: 1", secret="env:HOOK", environment={"HOOK": SECRET})

    _, headers, body = receiver.heard[0]
    assert unquote(headers["webhook-id"]) == unquote(headers["Idempotency-Key"]) == "wöchentlich-天气\r\nX: 1"
    assert is_signed(headers, body, SECRET.encode())


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_receiver_that_has_no_time_now_says_when(status: int) -> None:
    with receiving(
        Answer(status, (("Retry-After", "120"),)), Answer(status), Answer(status, (("Retry-After", "9" * 400),))
    ) as receiver:
        asked_for = [await failure(receiver) for _ in range(3)]

    assert [failed.retry_after for failed in asked_for] == [120, None, 86_400]
    assert not any(failed.for_good for failed in asked_for)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 413])
async def test_what_a_receiver_will_not_have_is_not_sent_again(status: int) -> None:
    with receiving(Answer(status)) as receiver:
        failed = await failure(receiver)

    assert failed.for_good
    assert str(failed) == f"127.0.0.1 answers with HTTP {status}"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    with receiving() as elsewhere, receiving(Answer(status, (("Location", elsewhere.url),))) as receiver:
        async with httpx.AsyncClient(follow_redirects=True) as http:
            failed = await failure(receiver, http=http)

    assert failed.for_good
    assert elsewhere.heard == []


@pytest.mark.parametrize("answer", [Answer(hangs=True), Answer(drips=True)])
async def test_a_receiver_that_is_too_slow_is_not_waited_for(answer: Answer) -> None:
    with receiving(answer) as receiver:
        failed = await failure(receiver, patience=0.05)

    assert not failed.for_good
    assert "does not answer within 0.05 seconds" in str(failed)


async def test_what_a_receiver_says_besides_is_not_waited_for() -> None:
    with receiving(Answer(200, endless=True)) as receiver:
        await send(receiver.url, patience=5)

    assert len(receiver.heard) == 1


async def test_nobody_there_is_no_reason_to_give_up() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        failed = await failure(Receiver(port=taken.getsockname()[1]))

    assert not failed.for_good
    assert "no connection to 127.0.0.1" in str(failed)


async def test_an_address_may_be_a_secret_itself() -> None:
    with receiving(Answer(), Answer(410)) as receiver:
        environment: Mapping[str, str] = {"HOOK": receiver.url}
        await send("env:HOOK", environment=environment)
        with pytest.raises(DeliveryFailed) as failed:
            await send("env:HOOK", environment=environment)

    assert receiver.heard[0][0] == "/hooks/token-9"
    assert "token-9" not in told(failed.value)


@pytest.mark.parametrize("secret", ["whsec_a", "whsec_ä", "whsec_§%"])
async def test_a_secret_that_cannot_be_used_is_not_told(secret: str) -> None:
    with pytest.raises(UserError, match="no base64") as refused:
        await send("https://example.org", secret="env:HOOK", environment={"HOOK": secret})

    assert secret not in told(refused.value)


@pytest.mark.parametrize("url", ["https://example.org/a?b=c", "http://localhost:8080", "http://[::1]/", "env:HOOK"])
def test_web_addresses_and_references_are_taken(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://example.org", "https://", "https://zoe:hunter2-Xyz@example.org", "http://a:b"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="a webhook"):
        check_url(url)


@given(st.text())
def test_an_address_with_a_password_is_refused_without_being_repeated(rest: str) -> None:
    with pytest.raises(UserError) as refused:
        check_url(f"https://zoe:{SECRET}@{rest}")

    assert SECRET not in told(refused.value)


@given(st.text().map(lambda text: f"https://{text}") | st.text())
def test_whatever_stands_for_an_address_is_taken_or_refused(url: str) -> None:
    with suppress(UserError):
        check_url(url)
