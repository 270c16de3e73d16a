"""A model hub of one repository on this machine: the few answers that a download needs."""

import hashlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c" * 40


class Hub(ThreadingHTTPServer):
    """files: name -> content. To misbehave: slow (seconds a block), break_after (bytes), ranges, lies, status."""

    daemon_threads = True

    def __init__(self, source: str, files: dict[str, bytes]):
        super().__init__(("127.0.0.1", 0), Answer)
        self.source, self.files = source, files
        self.slow, self.break_after, self.ranges = 0.0, 0, True
        self.lies: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.status = 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is part of the tests."""

    def listing(self) -> bytes:
        siblings = []
        for name, content in self.files.items():
            entry: dict[str, Any] = {"rfilename": name, "size": len(content)}
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            if name.endswith((".safetensors", ".bin", ".parquet")):
                entry["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            siblings.append(entry)
        return json.dumps({"id": self.source, "sha": COMMIT, "siblings": siblings}).encode()


class Answer(BaseHTTPRequestHandler):
    server: Hub  # type: ignore[assignment]

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        wanted = self.headers.get("Range", "")
        hub.asked.append((path.rpartition("/")[2], wanted))
        if hub.status:
            self.send_error(hub.status)
        elif re.fullmatch(rf"/api/(models/)?{hub.source}/revision/(main|refs%2Fconvert%2Fparquet)", path):
            self.send(200, hub.listing())
        elif (found := re.fullmatch(rf"/{hub.source}/resolve/(main|{COMMIT})/(.+)", path)) and found[
            2
        ] in hub.files:
            content = hub.lies.get(found[2], hub.files[found[2]])
            if wanted and hub.ranges:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                self.send(206, content[start:])
            else:
                self.send(200, content)
        else:
            self.send_error(404)

    def send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        for start in range(0, len(content), 1 << 14):
            if self.server.break_after and start >= self.server.break_after:
                self.server.break_after = 0
                self.connection.close()
                return
            self.wfile.write(content[start : start + (1 << 14)])
            time.sleep(self.server.slow)
