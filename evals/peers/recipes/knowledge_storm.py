"""STORM, knowledge-storm 1.1.1 (https://github.com/stanford-oval/storm), as the protocol of peers wants it.

`STORMWikiRunner` with its own defaults: conversations of three personas, outline, article, and the polish that adds a
lead. The report is put together as its own demonstration shows it: the polished article, and as references the table
that the run has written beside it. Where the two do not agree, that is how it is. Changed are, and why:

- Models: all five that it tells apart are the one that is given, with the lengths of output (each at most a quarter of
  the context), the temperature and the stop sequence of its example for vLLM, `run_storm_wiki_mistral.py`, without the
  examples of replies which that adds to some prompts. The client is `LitellmModel`, since the one there is deprecated.
- The encoder that chooses passages for a section: it would download `paraphrase-MiniLM-L6-v2` from a model hub. What
  stands in for it hashes a text's words (scikit-learn's `HashingVectorizer`), so that passages are chosen by the words
  that they share with the section's headings, and not by their meaning. Its report may be the worse for it.
- Search: its own retriever for SearXNG gives the snippets of the results as the whole of what is known. Its other
  retrievers read the pages, with its own `WebPageHelper`: so does this one. It takes as many results as they do.
- Reading Wikipedia's outlines, as examples for personas, is left as it is: where Wikipedia cannot be reached, it goes
  without.

`litellm` reads its price list from its own package instead of the network.
"""

import contextlib
import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

LENGTHS = {
    "set_conv_simulator_lm": 500,
    "set_question_asker_lm": 500,
    "set_outline_gen_lm": 400,
    "set_article_gen_lm": 700,
    "set_article_polish_lm": 4000,
}
"""The tokens of output of each of its models."""
STOP = "\n\n---"
"""Where dspy's prompts divide examples: small models go on with one of their own."""
RESULTS = 3


def context(url: str, model: str) -> int:
    """The tokens of context that the server states; 8,192 where it states none."""
    key = os.environ.get("PEER_LLM_KEY", "none")
    asked = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - the user's
    with urllib.request.urlopen(asked, timeout=30) as reply:  # noqa: S310 - the user's own server
        served = {entry["id"]: entry for entry in json.load(reply)["data"]}
    return int(served.get(model, {}).get("max_model_len") or 8192)


class Words:
    """In the place of a sentence encoder: a text's words, hashed, as a vector of length 1."""

    def __init__(self, _: str) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

        self._vectors = HashingVectorizer(n_features=4096, stop_words="english", alternate_sign=False)

    def encode(self, texts: str | list[str]) -> Any:
        rows = self._vectors.transform([texts] if isinstance(texts, str) else texts).toarray()
        return rows[0] if isinstance(texts, str) else rows


def retriever(url: str) -> Any:
    import dspy  # noqa: PLC0415 - the environment is to be set before
    import requests  # noqa: PLC0415
    from knowledge_storm.utils import WebPageHelper  # noqa: PLC0415

    class Search(dspy.Retrieve):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(k=RESULTS)
            self.pages = WebPageHelper()
            self.usage = 0

        def get_usage_and_reset(self) -> dict[str, int]:
            usage, self.usage = self.usage, 0
            return {"searxng": usage}

        def forward(self, query_or_queries: str | list[str], exclude_urls: list[str]) -> list[dict[str, Any]]:
            queries = [query_or_queries] if isinstance(query_or_queries, str) else query_or_queries
            self.usage += len(queries)
            found = {hit["url"]: hit for query in queries for hit in self.hits(query) if hit["url"] not in exclude_urls}
            texts = self.pages.urls_to_snippets(list(found))
            return [
                {
                    "url": address,
                    "title": hit.get("title") or "",
                    "description": hit.get("content") or "",
                    "snippets": texts[address]["snippets"],
                }
                for address, hit in found.items()
                if address in texts
            ]

        def hits(self, query: str) -> list[dict[str, Any]]:
            reply = requests.get(f"{url}/search", params={"q": query, "format": "json"}, timeout=30)
            reply.raise_for_status()
            return list(reply.json()["results"][:RESULTS])

    return Search()


def models() -> Any:
    from knowledge_storm import STORMWikiLMConfigs  # noqa: PLC0415
    from knowledge_storm.lm import LitellmModel  # noqa: PLC0415

    url, model = os.environ["PEER_LLM_URL"], os.environ["PEER_LLM_MODEL"]
    most = context(url, model) // 4
    configured = STORMWikiLMConfigs()
    for setter, length in LENGTHS.items():
        served = LitellmModel(
            model=f"openai/{model}",
            api_base=url,
            api_key=os.environ.get("PEER_LLM_KEY", "none"),
            max_tokens=min(length, most),
            temperature=0.0,
            stop=[STOP],
        )
        getattr(configured, setter)(served)
    return configured


def report(question: str, folder: Path) -> str:
    from knowledge_storm import STORMWikiRunner, STORMWikiRunnerArguments  # noqa: PLC0415
    from knowledge_storm.storm_wiki.modules import storm_dataclass  # noqa: PLC0415

    storm_dataclass.SentenceTransformer = Words
    arguments = STORMWikiRunnerArguments(output_dir=str(folder), search_top_k=RESULTS)
    runner = STORMWikiRunner(arguments, models(), retriever(os.environ["PEER_SEARXNG_URL"].rstrip("/")))
    runner.run(topic=question)
    runner.post_run()
    written = Path(runner.article_output_dir)
    article = (written / "storm_gen_article_polished.txt").read_text(encoding="utf-8")
    table = json.loads((written / "url_to_info.json").read_text(encoding="utf-8"))
    return f"{article.rstrip()}\n{references(table)}" if article.strip() else ""


def references(table: dict[str, Any]) -> str:
    """Its table of sources as a list, by number."""
    numbers = sorted((number, url) for url, number in table["url_to_unified_index"].items())
    lines = [f"[{number}] {table['url_to_info'][url]['title']}. {url}" for number, url in numbers]
    return "\n# References\n\n" + "\n".join(lines) + "\n" if lines else ""


def main() -> None:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    question = sys.stdin.buffer.read().decode()
    with contextlib.redirect_stdout(sys.stderr):
        written = report(question.strip(), Path.cwd() / "storm")
    sys.stdout.buffer.write(written.encode())


if __name__ == "__main__":
    main()
