"""Stands in for vLLM: answers each prompt with how many arguments the server was started with.

python fake_completions.py PORT …
"""

import http.server
import json
import sys


class Completions(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer({"choices": [{"token_ids": [len(sys.argv)]}]})

    def _answer(self, body: object) -> None:
        said = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Completions).serve_forever()
