"""Secrets by reference: a job names where its secret lies, and nobody looks there before it is needed."""

import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module

from pydantic import SecretStr

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import DeliveryFailed

Ask = Callable[[str, str], str | None]
"""Gives the password of a user at a service, as `keyring.get_password` does; None where there is no entry."""

_FORM = re.compile(r"env:(?P<variable>[A-Za-z_][A-Za-z0-9_]*)|keyring:(?P<service>.+)/(?P<user>[^/]+)")


def is_reference(text: str) -> bool:
    return text.isprintable() and _FORM.fullmatch(text) is not None


def check(reference: str) -> None:
    """Raises `UserError` for what is no reference. Does not look whether there is a secret."""
    if not is_reference(reference):  # and does not repeat it: it may be the secret itself
        raise UserError("a secret is given by a reference to it: env:NAME or keyring:SERVICE/USER")


def resolve(reference: str, environment: Mapping[str, str] = os.environ, ask: Ask | None = None) -> SecretStr:
    """The secret behind `env:NAME` or `keyring:SERVICE/USER`; of several slashes the last one ends the service.

    May wait until the user unlocks the keyring. Raises `UserError` as `check` does, and `DeliveryFailed` where there is
    no secret for now: the next try may find the variable set, or the keyring unlocked.
    """
    check(reference)
    kind, _, place = reference.partition(":")
    secret = environment.get(place) if kind == "env" else _kept(reference, place, ask)
    if not secret:
        message = f"there is no secret at {reference}"
        raise DeliveryFailed(message)
    return SecretStr(secret)


def _kept(reference: str, place: str, ask: Ask | None) -> str | None:
    service, _, user = place.rpartition("/")
    ask = ask or _keyring(reference)
    try:
        return ask(service, user)
    except Exception as error:  # keyrings are plugins, each with errors of its own
        message = f"{reference}: the keyring cannot be read ({type(error).__name__})"
        raise DeliveryFailed(message) from error


def _keyring(reference: str) -> Ask:
    try:
        ask: Ask = import_module("keyring").get_password
    except ImportError as error:
        message = f"{reference} needs a package that is not installed: pip install 'redraft[keyring]'"
        raise DeliveryFailed(message) from error
    return ask
