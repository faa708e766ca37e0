import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.agent.jobs.channels import Channel, DeliveryFailed, Hook, Mail, Webhook
from redraft.agent.jobs.sending import LONGEST_WAIT, MOST_TRIES, apart, backoff, send
from redraft.agent.settings import load_settings
from redraft.tests.agent.jobs.mailserver import Office, open_office
from redraft.tests.agent.jobs.parcels import parcel
from redraft.tests.agent.jobs.receiver import receiving

DAY = 86_400


@pytest.mark.enable_socket
async def test_each_channel_has_a_way_of_its_own() -> None:
    async with open_office(Office()) as office:
        with receiving() as receiver:
            settings = load_settings(
                smtp_host="127.0.0.1", smtp_port=office.port, smtp_security="none", smtp_from="a@b.c"
            )
            await send(Mail(to=("ann@example.org",)), parcel(), settings)
            await send(Webhook(url=receiver.url), parcel(), settings)

    assert (len(office.letters), len(receiver.heard)) == (1, 1)
    with pytest.raises(DeliveryFailed, match="ended with 3"):
        await send(Hook(command=(sys.executable, "-S", "-c", "raise SystemExit(3)")), parcel(), settings)


@pytest.mark.parametrize(
    "channel",
    [Mail(to=("ann@example.org",)), Webhook(url="https://example.org", secret="env:NONE"), Webhook(url="env:NONE")],
)
async def test_what_the_user_has_not_set_up_may_be_there_at_the_next_try(channel: Mail | Webhook) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await send(channel, parcel(), load_settings(), environment={})

    assert not failed.value.for_good


@given(st.text())
def test_the_tries_at_a_delivery_go_on_for_about_two_days(key: str) -> None:
    waits = [backoff(tries, key) for tries in range(1, MOST_TRIES)]

    assert 42 / 24 * DAY <= sum(waits) <= 57 / 24 * DAY
    assert 45 <= waits[0] <= 60


@given(st.integers(1, 10**6), st.text())
def test_no_wait_is_longer_than_the_longest_and_each_is_the_same_every_time(tries: int, key: str) -> None:
    assert 45 <= backoff(tries, key) == backoff(tries, key) <= LONGEST_WAIT


def test_what_has_failed_together_does_not_come_back_together() -> None:
    assert len({backoff(3, f"trams-{number}") for number in range(20)}) == 20


@pytest.mark.parametrize(
    ("channel", "parts"),
    [
        (Mail(to=("a@b.c", "d@e.f")), [Mail(to=("a@b.c",)), Mail(to=("d@e.f",))]),
        (Webhook(url="env:HOOK"), [Webhook(url="env:HOOK")]),
    ],
)
def test_letters_are_delivered_each_on_its_own(channel: Channel, parts: list[Channel]) -> None:
    assert apart(channel) == parts
