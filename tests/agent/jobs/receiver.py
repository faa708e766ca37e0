"""A web server on this machine that takes webhooks, and checks their signatures by its own reckoning."""

import base64
import hashlib
import hmac
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    status: int = 204
    headers: tuple[tuple[str, str], ...] = ()
    hangs: bool = False
    drips: bool = False
    """Sends its headers one byte at a time, and never the last."""
    endless: bool = False
    """Has a body without end."""


@dataclass
class Receiver:
    """Answers in turn, the last one again and again."""

    answers: Sequence[Answer] = (Answer(),)
    port: int = 0
    heard: list[tuple[str, Message, bytes]] = field(default_factory=list)
    """Of each request the path, the headers and the body."""
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/token-9"


@contextmanager
def receiving(*answers: Answer) -> Iterator[Receiver]:
    receiver = Receiver(answers or (Answer(),))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = receiver.answers[min(len(receiver.heard), len(receiver.answers) - 1)]
            receiver.heard.append((self.path, self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            if answer.drips:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
            while (answer.hangs or answer.drips) and not receiver.closing.wait(0.01):
                if answer.drips:
                    self.wfile.write(b"x")
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", "1000000000000" if answer.endless else "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield receiver
        finally:
            receiver.closing.set()
            server.shutdown()
            thread.join()


def is_signed(headers: Message, body: bytes, key: bytes) -> bool:
    """As a receiver checks it: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md"""
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256))
    return bool(headers["webhook-signature"] == f"v1,{expected.decode()}")
