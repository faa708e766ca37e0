import sys
from collections.abc import Iterator

import keyring
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend

from redraft.agent.errors import UserError
from redraft.agent.jobs.channels import DeliveryFailed
from redraft.agent.jobs.references import check, is_reference, resolve
from redraft.tests.agent.jobs.parcels import SECRET


def test_a_secret_is_found_in_the_environment() -> None:
    found = resolve("env:MAIL_PASSWORD", {"MAIL_PASSWORD": SECRET})

    assert found.get_secret_value() == SECRET
    assert SECRET not in f"{found} {found!r}"


def test_a_secret_is_found_in_the_keyring_with_the_user_behind_the_last_slash() -> None:
    kept = {("https://mail.example/smtp", "zoe@example.org"): SECRET}

    found = resolve("keyring:https://mail.example/smtp/zoe@example.org", {}, lambda *place: kept.get(place))

    assert found.get_secret_value() == SECRET


@pytest.mark.parametrize("environment", [{}, {"MAIL_PASSWORD": ""}])
def test_a_variable_that_says_nothing_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(DeliveryFailed, match="env:MAIL_PASSWORD") as failed:
        resolve("env:MAIL_PASSWORD", environment)

    assert not failed.value.for_good


def test_an_entry_that_the_keyring_does_not_have_is_named() -> None:
    with pytest.raises(DeliveryFailed, match="keyring:mail/zoe"):
        resolve("keyring:mail/zoe", {}, lambda *_: None)


@pytest.mark.parametrize("error", [keyring.errors.KeyringLocked, keyring.errors.NoKeyringError, OSError])
def test_a_keyring_that_cannot_be_read_is_tried_again(error: type[Exception]) -> None:
    def locked(service: str, user: str) -> str | None:
        raise error("no")

    with pytest.raises(DeliveryFailed, match=rf"keyring:mail/zoe: .*{error.__name__}") as failed:
        resolve("keyring:mail/zoe", {}, locked)

    assert not failed.value.for_good


class Kept(KeyringBackend):
    """Holds what it is given, as long as the test runs."""

    priority = -1  # never chosen by itself

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


@pytest.fixture
def users_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Kept())
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("users_keyring")
def test_the_keyring_is_that_of_the_user() -> None:
    keyring.set_password("mail", "zoe", SECRET)

    assert resolve("keyring:mail/zoe", {}).get_secret_value() == SECRET
    with pytest.raises(DeliveryFailed, match="there is no secret at keyring:mail/ann"):
        resolve("keyring:mail/ann", {})


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(DeliveryFailed, match=r"pip install 'redraft\[keyring\]'"):
        resolve("keyring:mail/zoe", {})


@pytest.mark.parametrize(
    "form", ["env:A", "env:_a1", "keyring:mail/zoe", "keyring:my mail/Zoë", "keyring:https://mail.example/zoe"]
)
def test_both_forms_are_references(form: str) -> None:
    check(form)


@given(
    st.text() | st.sampled_from(["env:", "env:1", "env:A B", "keyring:mail", "keyring:/zoe", "keyring:a/b\n", "ENV:A"])
)
def test_what_is_no_reference_is_refused_without_being_repeated(text: str) -> None:
    if is_reference(text):
        return
    with pytest.raises(UserError) as refused:
        check(text)
    assert str(refused.value) == "a secret is given by a reference to it: env:NAME or keyring:SERVICE/USER"
    with pytest.raises(UserError):
        resolve(text, {}, lambda *_: SECRET)
