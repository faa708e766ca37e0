"""What jobs have to tell is sent apart from their runs, and tried again until it has arrived or is given up."""

from datetime import timedelta

from redraft.agent.jobs import metrics, parcels
from redraft.agent.jobs.channels import CHANNEL, DeliveryFailed, Feed, Folder
from redraft.agent.jobs.feed import write
from redraft.agent.jobs.sending import MOST_TRIES, backoff, send
from redraft.agent.jobs.tools import Tools
from redraft.agent.jobs.wording import local
from redraft.store import deliveries
from redraft.store.models import Delivery, Job, JobRun

LONGEST_TRY = timedelta(minutes=10)
"""A try that is not over by then is that of a process that has ended. Each channel gives up long before."""


async def deliver(tools: Tools) -> None:
    """Tries all that is due, each once, in the order in which it was asked for; whatever fails is noted.

    A fault of the program is raised besides, and costs one try.
    """
    for due in deliveries.due(tools.database, tools.clock()):
        if deliveries.take(tools.database, due.delivery, tools.clock() + LONGEST_TRY):
            await _tried(tools, *due)
    if tools.settings.metrics_file:
        metrics.write(tools.database, tools.settings.metrics_file)


async def _tried(tools: Tools, delivery: Delivery, turn: JobRun, job: Job) -> None:
    try:
        await _sent(tools, job, turn, delivery)
    except DeliveryFailed as error:
        _put_off(tools, job, turn, delivery, error)
    except Exception as error:
        # By its name alone: who knows what it quotes.
        _put_off(tools, job, turn, delivery, DeliveryFailed(f"a fault of this program: {type(error).__name__}"))
        raise
    else:
        deliveries.arrived(tools.database, delivery, tools.clock())


async def _sent(tools: Tools, job: Job, turn: JobRun, delivery: Delivery) -> None:
    channel = CHANNEL.validate_python(delivery.channel)
    if isinstance(channel, Folder):
        parcels.file_report(tools.database, job, turn, channel)
    elif isinstance(channel, Feed):
        write(channel.path, job.name, job.question, parcels.entries(tools.database, job))
    else:
        await send(channel, parcels.parcel(tools.database, job, turn, delivery), tools.settings)


def _put_off(tools: Tools, job: Job, turn: JobRun, delivery: Delivery, error: DeliveryFailed) -> None:
    """To be tried again later, or given up. The report stays, as a run and as files."""
    tries, kind = delivery.tries + 1, delivery.channel["kind"]
    if error.for_good or tries >= MOST_TRIES:
        deliveries.give_up(tools.database, delivery, str(error), tools.clock())
        tools.say(job, f"{kind} is given up: {error}")
        return
    # Whoever asks to be tried again in a second still uses up no more tries than others.
    wait = max(error.retry_after or 0, backoff(tries, f"{turn.id} {delivery.number}"))
    again = tools.clock() + timedelta(seconds=wait)
    deliveries.put_off(tools.database, delivery, str(error), again)
    tools.say(job, f"{kind}: {error} (tried again at {local(again, job.zone)})")
