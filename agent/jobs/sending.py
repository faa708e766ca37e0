"""One try at one delivery, and when to try again."""

import os
import random
import ssl
from collections.abc import Mapping

import httpx

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import Channel, DeliveryFailed, Hook, Mail, Webhook
from redraft.agent.jobs.hook import run_hook
from redraft.agent.jobs.mail import send_mail
from redraft.agent.jobs.parcel import Parcel
from redraft.agent.jobs.webhook import post
from redraft.agent.settings import Settings

MOST_TRIES = 18
"""The last one comes 42 to 57 hours after the first: who notices a broken receiver on the next day can still mend it in
time. Letters wait for longer at mail servers (4 to 5 days: RFC 5321, section 4.5.4.1); a report that came so late would
meet the next ones."""
FIRST_WAIT = 60.0
LONGEST_WAIT = 6 * 3600.0
"""Seconds. Each wait is twice the one before: a server that restarts is tried again soon, and one that is away for a
day is not asked a thousand times."""
SPREAD = 0.25
"""The share that is taken off a wait at most: what has failed together shall not come back together. Starting points,
all three, not measured."""


def apart(channel: Channel) -> list[Channel]:
    """What is delivered, and tried again, on its own: one mailbox that is full is no reason to write to all others."""
    return [Mail(to=(each,)) for each in channel.to] if isinstance(channel, Mail) else [channel]


async def send(
    channel: Mail | Webhook | Hook,
    parcel: Parcel,
    settings: Settings,
    *,
    environment: Mapping[str, str] = os.environ,
    tls: ssl.SSLContext | None = None,
    http: httpx.AsyncClient | None = None,
) -> None:
    """Returns when the parcel has arrived.

    Raises `DeliveryFailed` otherwise, for good only where the receiver has refused it: what the user has not set up
    rightly may be set right before the last try.
    """
    try:
        match channel:
            case Mail():
                await send_mail(channel, parcel, settings, environment=environment, tls=tls)
            case Webhook():
                await post(channel, parcel, environment=environment, http=http)
            case Hook():
                await run_hook(channel, parcel, environment=environment)
    except UserError as error:
        raise DeliveryFailed(str(error)) from error


def backoff(tries: int, key: str) -> float:
    """Seconds to wait after so many tries, at least 1, at the delivery with this key: always the same for the same."""
    wait = min(FIRST_WAIT * 2.0 ** min(tries - 1, 16), LONGEST_WAIT)
    return wait * (1 - SPREAD * random.Random(f"{key} {tries}").random())  # noqa: S311  # no secret is made of it
