"""Where a job's reports go besides its folder, as the user has set it up and the store keeps it."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Channel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Folder(_Channel):
    """Files in a folder, of which the newest few stay."""

    kind: Literal["folder"] = "folder"
    path: Path
    formats: Annotated[tuple[str, ...], Field(min_length=1)] = ("md",)
    keep: Annotated[int, Field(ge=0)] = 0
    """Reports that stay; 0 for all."""


class Mail(_Channel):
    """A letter, through the mail server of the settings."""

    kind: Literal["mail"] = "mail"
    to: Annotated[tuple[str, ...], Field(min_length=1)]


class Webhook(_Channel):
    """A POST of JSON, signed where there is a secret."""

    kind: Literal["webhook"] = "webhook"
    url: str
    secret: str | None = None
    """Where the secret is: `env:NAME` or `keyring:SERVICE/USER`."""


class Feed(_Channel):
    """An Atom file that readers can subscribe to."""

    kind: Literal["feed"] = "feed"
    path: Path


class Hook(_Channel):
    """A command of the user's."""

    kind: Literal["hook"] = "hook"
    command: Annotated[tuple[str, ...], Field(min_length=1)]
    """The program and its arguments; no shell reads them."""


Channel = Annotated[Folder | Mail | Webhook | Feed | Hook, Field(discriminator="kind")]
CHANNEL: TypeAdapter[Channel] = TypeAdapter(Channel)


class DeliveryFailed(Exception):
    """A parcel that did not arrive, with the reason in one line, free of secrets."""

    def __init__(self, reason: str, *, for_good: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.for_good = for_good
        """Trying again cannot mend it."""
        self.retry_after = retry_after
        """Seconds that the receiver asks for."""
