"""What the browser fetches beside the page: pictures, the page's own files, published data; and uploads."""

import functools
import gzip
import hashlib
import io
import json
import threading
from collections import OrderedDict
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from core.errors import LoupeError
from core.images import MOST_BYTES
from core.library import Library
from webapp import inputs
from webapp.explore import own
from webapp.translations import LANGUAGES, STATIC, t, table

router = APIRouter(prefix="/loupe")
router.include_router(own.router, prefix="/own")

MEDIA = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
}
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
HOUR = {"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"}
CHECKED = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
PUBLISHED_BYTES = 256_000_000

_published: OrderedDict[str, tuple[bytes, str]] = OrderedDict()
_lock = threading.Lock()


def publish(data: bytes, media: str = "application/octet-stream") -> str:
    """The address, below the page's own, of these bytes for the browser; the oldest go when the table is full."""
    name = hashlib.sha256(media.encode() + b"\0" + data).hexdigest()[:32]
    with _lock:
        _published[name] = (data, media)
        _published.move_to_end(name)
        while sum(len(kept) for kept, _ in _published.values()) > PUBLISHED_BYTES and len(_published) > 1:
            _published.popitem(last=False)
    return f"/loupe/data/{name}"


@router.get("/data/{name}")
def data(name: str) -> Response:
    with _lock:
        if name not in _published:
            raise HTTPException(404)
        _published.move_to_end(name)
        content, media = _published[name]
    return Response(content, media_type=media, headers=FOREVER)


@router.get("/thumbnail/{library}/{identity:path}")
def thumbnail(library: str, identity: str, request: Request) -> Response:
    opened = _found(Library.open, library)
    content, media = opened.thumbnail(_found(opened.row, identity))
    return _tagged(content, media, request, HOUR)


@router.get("/picture/{reference:path}")
def picture(reference: str, request: Request) -> Response:
    """The strip's picture, decoded and written anew: what a user uploaded is never sent as it came."""
    image = _found(inputs.picture, reference)
    image.thumbnail((1024, 1024))
    stream = io.BytesIO()
    image.save(stream, "PNG" if max(image.size) <= 256 else "JPEG", quality=92)
    return _tagged(stream.getvalue(), "image/png" if max(image.size) <= 256 else "image/jpeg", request)


@router.post("/upload")
async def upload(request: Request, lang: str = "en") -> dict[str, str]:
    """Keeps a picture: {"reference"} or {"error"} in the reader's language."""
    received = bytearray()
    async for part in request.stream():
        received += part
        if len(received) > MOST_BYTES:
            break
    try:
        return {"reference": await run_in_threadpool(inputs.keep, bytes(received))}
    except LoupeError as error:
        return {"error": t(error.template, lang, **error.values)}


@router.get("/words/{language}")
def words(language: str, request: Request) -> Response:
    """English text -> text in this language, for what stands on the page."""
    if language not in LANGUAGES:
        raise HTTPException(404)
    return _tagged(json.dumps(table(language), ensure_ascii=False).encode(), "application/json", request)


@router.get("/static/{name:path}")
def static(name: str, request: Request) -> Response:
    file = _files().get(name)
    if file is None:
        raise HTTPException(404)
    content, packed = _read(file, file.stat().st_mtime_ns)
    small = packed is not None and "gzip" in request.headers.get("accept-encoding", "")
    headers = CHECKED | {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if small else {})
    return _tagged(packed if small and packed else content, MEDIA[file.suffix], request, headers)


@functools.cache
def _files() -> dict[str, Path]:
    """The page's own files by name: those of webapp/static, and plotly's script out of its package."""
    found = {file.relative_to(STATIC).as_posix(): file for file in STATIC.rglob("*") if file.suffix in MEDIA}
    return found | {"plotly.min.js": Path(str(files("plotly"))) / "package_data" / "plotly.min.js"}


@functools.lru_cache(maxsize=64)
def _read(file: Path, changed: int) -> tuple[bytes, bytes | None]:
    """A file's bytes, and the same packed where that makes it smaller."""
    content = file.read_bytes()
    packed = gzip.compress(content, 6, mtime=0) if file.suffix != ".woff2" else None
    return content, packed if packed and len(packed) < len(content) else None


def _found(find, name: str):
    """What find gives for this name; 404 where it knows none."""
    try:
        return find(name)
    except LoupeError as error:
        raise HTTPException(404, str(error)) from error


def _tagged(content: bytes, media: str, request: Request, caching: dict[str, str] = CHECKED) -> Response:
    """An answer that the browser keeps and asks after by its hash."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = caching | {"ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media, headers=headers)
