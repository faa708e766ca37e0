"""gpt-researcher 0.16.1 (https://github.com/assafelovic/gpt-researcher), as the protocol of peers wants it.

Its `research_report`, with its own defaults, on the model server and the search that all peers are given. Its answer
goes out as it is. Changed are, and why:

- Models: all three that it tells apart are the one that is given.
- Limits of output (`FAST_`, `SMART_`, `STRATEGIC_TOKEN_LIMIT`): 6,000 to 12,000 tokens by its defaults, which a server
  with 8,192 tokens of context refuses. Here each is a quarter of the context that the server states.
- `tiktoken.get_encoding`: it would download a vocabulary, only to estimate what a call costs in dollars. What stands
  in for it takes four characters for a token. No text depends on it.
- Search: its own retriever for SearXNG. Its own scraper reads the pages.

Embeddings need no stand-in: without the key of a ranking service, this version chooses passages by words. Its log goes
to standard error.
"""

import asyncio
import contextlib
import json
import os
import sys
import urllib.request


def settings() -> dict[str, str]:
    """What it reads from its environment."""
    url, model = os.environ["PEER_LLM_URL"], os.environ["PEER_LLM_MODEL"]
    names = dict.fromkeys(("FAST_LLM", "SMART_LLM", "STRATEGIC_LLM"), f"vllm_openai:{model}")
    limit = str(context(url, model) // 4)
    limits = dict.fromkeys(("FAST_TOKEN_LIMIT", "SMART_TOKEN_LIMIT", "STRATEGIC_TOKEN_LIMIT"), limit)
    words = {"TOTAL_WORDS": os.environ["PEER_WORDS"]} if "PEER_WORDS" in os.environ else {}
    return {
        **names,
        **limits,
        **words,
        "VLLM_OPENAI_API_BASE": url,
        "VLLM_OPENAI_API_KEY": os.environ.get("PEER_LLM_KEY", "none"),
        "RETRIEVER": "searx",
        "SEARX_URL": os.environ["PEER_SEARXNG_URL"],
        "ANONYMIZED_TELEMETRY": "false",
        "LANGCHAIN_TRACING_V2": "false",
    }


def context(url: str, model: str) -> int:
    """The tokens of context that the server states; 8,192 where it states none."""
    key = os.environ.get("PEER_LLM_KEY", "none")
    asked = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - the user's
    with urllib.request.urlopen(asked, timeout=30) as reply:  # noqa: S310 - the user's own server
        served = {entry["id"]: entry for entry in json.load(reply)["data"]}
    return int(served.get(model, {}).get("max_model_len") or 8192)


class Characters:
    """In the place of a tokenizer: four characters are a token."""

    def encode(self, text: str) -> list[int]:
        return [0] * (len(text) // 4)


async def report(question: str) -> str:
    import tiktoken  # noqa: PLC0415 - its package reads the environment when it is imported

    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda _: Characters()
    from gpt_researcher import GPTResearcher  # noqa: PLC0415

    researcher = GPTResearcher(query=question, report_type="research_report")
    await researcher.conduct_research()
    return str(await researcher.write_report())


def main() -> None:
    os.environ |= settings()
    question = sys.stdin.buffer.read().decode()
    with contextlib.redirect_stdout(sys.stderr):
        written = asyncio.run(report(question))
    sys.stdout.buffer.write(written.encode())


if __name__ == "__main__":
    main()
