"""Guard: what stands before every request: its host, origin, size and rate; and the headers of every answer."""

import logging
import threading
import time
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

READS = {"GET", "HEAD", "OPTIONS"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
CLIENTS = 10_000

# gradio starts from inline scripts and styles, and compiles the templates of its HTML components.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
SPACES = "https://huggingface.co https://*.hf.space"


class TooLarge(Exception):
    """The body grew beyond what is accepted while it was read."""


class Guard:
    """ASGI middleware. most: bytes of a body. rate: writes a minute for each client, None for no limit.

    hosts: the names under which the server may be addressed, None for any. A page of another site that had its
    own name point here could otherwise read what is meant for this machine alone.
    """

    def __init__(
        self,
        app: ASGIApp,
        most: int,
        rate: int | None = None,
        hosts: set[str] | None = None,
        frames: str = "",
    ):
        self.app, self.most, self.hosts = app, most, hosts
        self.bucket = Bucket(rate) if rate else None
        policy = POLICY | {"frame-ancestors": f"'self' {frames}".strip()}
        self.headers = {
            "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        refusal, taken, answered = self.refusal(scope), 0, False

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        async def counted() -> Message:
            nonlocal refusal, taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.most:
                refusal = self.too_large()
                raise TooLarge
            return message

        async def answer(message: Message) -> None:
            nonlocal answered
            if refusal is None or answered:  # what the app makes of a body cut short is not sent
                answered = True
                await dressed(message)

        if refusal is None:
            try:
                await self.app(scope, counted, answer)
            except TooLarge:
                log.info("A body of more than %d bytes was cut short.", self.most)
        if refusal is not None and not answered:
            await refusal(scope, receive, dressed)

    def refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Why this request is not answered, if it is not."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.hosts is not None and urlsplit(f"//{host}").hostname not in self.hosts:
            return PlainTextResponse("Loupe is not served under this name.\n", 421)
        if scope["method"] in READS:
            return None
        if not own(headers.get("origin"), {host, headers.get("x-forwarded-host", host)}):
            return PlainTextResponse("Requests from other sites are not accepted.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self.most:
            return self.too_large()
        client = scope["client"][0] if scope.get("client") else ""
        if self.bucket and not self.bucket.take(client):
            return PlainTextResponse("Too many requests. Wait a minute.\n", 429, {"Retry-After": "60"})
        return None

    def too_large(self) -> PlainTextResponse:
        return PlainTextResponse(
            f"At most {self.most // 1_000_000} MB are accepted.\n", 413, {"Connection": "close"}
        )


def own(origin: str | None, hosts: set[str]) -> bool:
    """Whether a write comes from a page of this server, or from no page at all."""
    return origin is None or urlsplit(origin).netloc in hosts


class Bucket:
    """A token bucket for each client: ``rate`` a minute, half of them at once; the clients longest unseen go."""

    def __init__(self, rate: int):
        self.rate, self.size = rate / 60, rate / 2
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, client: str) -> bool:
        now = time.monotonic()
        with self._lock:
            left, then = self._left.pop(client, (self.size, now))
            left = min(self.size, left + (now - then) * self.rate)
            granted = left >= 1
            self._left[client] = (left - granted, now)
            if len(self._left) > CLIENTS:
                self._left.popitem(last=False)
        return granted
