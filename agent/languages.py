"""The language of a run. It is settled when the run is created: a resumed run goes on in it, whatever has changed."""

from dataclasses import replace

from redraft.agent.settings import Settings
from redraft.prompts.labels import LANGUAGES, Labels, labels
from redraft.store.models import Run
from redraft.tools.language import language_of_question


def settled(settings: Settings, question: str) -> Settings:
    """The settings with a language: the one that was chosen, else that of the question, as far as it can be told."""
    found = language_of_question(question)
    return settings.model_copy(update={"language": settings.language or (found if found in LANGUAGES else None)})


def language_of_run(run: Run) -> str | None:
    """None where neither the user nor the question has told it."""
    return run.settings.get("language")


def labels_of_run(run: Run) -> Labels:
    """Where the language is not known, English headings, and a writer who goes by the question."""
    language = language_of_run(run)
    return labels(language) if language else replace(labels("en"), name="the language of the question")
