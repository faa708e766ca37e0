"""Pages for the benches: those of a folder, or made up ones; and a site on loopback that serves them."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

WORDS = 8000
PARAGRAPHS = 25
SENTENCES = 5


def pages(folder: Path | None, count: int) -> dict[str, bytes]:
    """`count` pages by path: of the HTML files below `folder`, spread evenly, else made up, the same every time."""
    if folder is None:
        return {f"/{number}.html": _made_up(number).encode() for number in range(count)}
    files = sorted(path for path in folder.rglob("*.htm*") if path.is_file())
    step = max(1, len(files) // count)
    return {f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files[::step][:count]}


def _made_up(number: int) -> str:
    """An article with menus around it, in words whose frequency follows Zipf's law, as in any language."""
    draw = random.Random(number)  # noqa: S311 - nothing secret: a page must be the same every time
    menu = "".join(f'<li><a href="/{at}.html">{_word(draw)}</a></li>' for at in range(40))
    body = "".join(
        f"<h2>{_word(draw).title()}</h2><p>{' '.join(_sentence(draw) for _ in range(SENTENCES))}</p>"
        for _ in range(PARAGRAPHS)
    )
    title = f"{_word(draw).title()} and {_word(draw)}"
    return (
        f"<!doctype html><html><head><title>{title}</title></head><body><nav><ul>{menu}</ul></nav>"
        f"<main><article><h1>{title}</h1>{body}</article></main><footer><ul>{menu}</ul></footer></body></html>"
    )


def _sentence(draw: random.Random) -> str:
    return " ".join(_word(draw) for _ in range(draw.randint(8, 24))).capitalize() + "."


def _word(draw: random.Random) -> str:
    rank = min(WORDS, int(draw.paretovariate(1)))
    return "".join("bcdfglmnprst"[(rank >> shift) % 12] + "aeiou"[(rank >> shift) % 5] for shift in (0, 3, 7, 10))


@contextmanager
def site(served: Mapping[str, bytes], latency: float) -> Iterator[str]:
    """A site on loopback, in a process of its own, that waits `latency` seconds before each answer: its `host:port`."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(dict(served), latency, there), daemon=True)
    process.start()
    there.close()  # a process that dies before it speaks is then heard
    try:
        yield f"127.0.0.1:{here.recv()}"
    finally:
        process.kill()
        process.join()


def _serve(served: dict[str, bytes], latency: float, tell: Connection) -> None:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections, as real sites do
        disable_nagle_algorithm = True  # else head and body lie 40 ms apart on them

        def do_GET(self) -> None:
            time.sleep(latency)
            body = served.get(self.path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tell.send(server.server_port)
    server.serve_forever()
