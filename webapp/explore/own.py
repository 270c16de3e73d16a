"""What the Explore tab's script asks over HTTP: uploads, collections of one's own, tags, views, exports."""

import functools
import inspect
import json
import secrets
import struct
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from core import own, upload
from core.datasets import bring
from core.errors import LoupeError
from core.library import Library
from webapp.explore import export, jobs
from webapp.explore.collection import TITLES, forget
from webapp.translations import t

router = APIRouter()
COOKIE = "loupe-own"
YEARS = 365 * 86_400


def answered(function: Callable) -> Callable:
    """JSON, with a LoupeError as {"error": its text in the reader's language}; blocking work off the event loop."""

    @functools.wraps(function)
    async def answer(request: Request) -> Any:
        try:
            body = await request.body()
            return await run_in_threadpool(function, request, body)
        except LoupeError as error:
            return {"error": t(error.template, request.query_params.get("lang", "en"), **error.values)}

    shown: Any = answer
    shown.__signature__ = inspect.Signature(
        [inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Request)]
    )
    return shown


def owner(request: Request) -> str | None:
    """None at a machine of one's own; of a public server's visitor what is kept of the secret in their browser."""
    if not getattr(request.app.state, "public", False):
        return None
    return upload.owner_of(request.cookies.get(COOKIE, ""))


@router.get("/collections")
async def collections(request: Request, response: Response) -> dict:
    """The collections to choose from; a visitor's browser is given its secret here."""
    if getattr(request.app.state, "public", False) and len(request.cookies.get(COOKIE, "")) < 32:
        secret = secrets.token_urlsafe(32)
        response.set_cookie(COOKIE, secret, max_age=YEARS, httponly=True, samesite="lax")
        whose: str | None = upload.owner_of(secret)
    else:
        whose = owner(request)
    found = await run_in_threadpool(own.visible, whose)
    return {"collections": [vars(shown) | {"title": TITLES.get(shown.name, shown.title)} for shown in found]}


@router.post("/begin")
@answered
def begin(request: Request, body: bytes) -> dict:
    return {"upload": upload.begin(_visitor(request))}


@router.post("/pieces/{name}")
@answered
def pieces(request: Request, body: bytes) -> dict:
    """Pieces of files: the length of a JSON list of {number, name, at, bytes}, the list, and the pieces' bytes."""
    going = upload.find(request.path_params["name"], _visitor(request))
    try:
        length = struct.unpack_from("<L", body)[0]
        at = 4 + length
        for piece in json.loads(body[4:at]):
            size = int(piece["bytes"])
            going.receive(int(piece["number"]), piece["name"], int(piece["at"]), body[at : at + size])
            at += size
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise LoupeError("A piece of the upload arrived damaged. Start it once more.") from error
    return {}


@router.post("/collect/{name}")
@answered
def collect(request: Request, body: bytes) -> dict:
    """Starts to make a collection of what came, or says how far that is: asked again until it ends."""
    name, whose = request.path_params["name"], _visitor(request)
    key = f"upload {name}"
    if jobs.find(key) is None:
        going, called = upload.find(name, whose), own.checked(request.query_params.get("title", ""))

        def work(report: Callable[[str, int, int], None]) -> Library:
            try:
                return going.collect(called, lambda done, total: report("Reading the pictures", done, total))
            finally:
                upload.end(name)

        jobs.joined(key, work)
    job = jobs.joined(key, lambda report: None)
    if not job.wait(0.4):
        return {"working": {"stage": job.stage, "done": job.done, "total": job.total}}
    return _collected(job.result(), request)


def _collected(library: Library, request: Request) -> dict:
    language = request.query_params.get("lang", "en")
    rejected = [{"file": file, "reason": t(reason, language)} for file, reason in library.rejected]
    return {
        "library": library.name,
        "count": len(library),
        "rejected": rejected[:500],
        "copies": sum(map(bool, library.column("copy_of"))),
    }


@router.post("/dataset")
@answered
def dataset(request: Request, body: bytes) -> dict:
    """Starts to bring a dataset of the hub here, or says how far that is: asked again until it ends."""
    source = request.query_params.get("source", "")
    if owner(request) is not None:
        raise LoupeError("Datasets of the hub are fetched on a machine of one's own only, not on a public one.")
    key = f"dataset {source}"
    job = jobs.joined(key, lambda report: bring(source, None, lambda *far: report("", *far)))
    if request.query_params.get("stop"):
        job.stop()
    if not job.wait(0.4):
        return {"working": {"done": job.done, "total": job.total}}
    jobs.forget(key)
    return _collected(job.result(), request)


@router.post("/stop/{name}")
@answered
def stop(request: Request, body: bytes) -> dict:
    upload.find(request.path_params["name"], _visitor(request))
    if job := jobs.find(f"upload {request.path_params['name']}"):
        job.stop()
    else:
        upload.end(request.path_params["name"])
    return {}


@router.post("/rename/{name}")
@answered
def rename(request: Request, body: bytes) -> dict:
    own.rename(request.path_params["name"], request.query_params.get("title", ""), owner(request))
    return {}


@router.post("/delete/{name}")
@answered
def delete(request: Request, body: bytes) -> dict:
    own.delete(request.path_params["name"], owner(request))
    forget()
    return {}


@router.post("/delete-all")
@answered
def delete_all(request: Request, body: bytes) -> dict:
    count = own.delete_all(owner(request))
    forget()
    return {"count": count}


@router.get("/marks/{name}")
@answered
def marks(request: Request, body: bytes) -> dict:
    return own.marks(request.path_params["name"], owner(request))


@router.post("/tag/{name}")
@answered
def tag(request: Request, body: bytes) -> dict:
    """Body: {tag, ids, add}."""
    asked = _asked(body)
    ids = asked.get("ids")
    word, chosen = str(asked.get("tag", "")), ids if isinstance(ids, list) else []
    return own.tag(request.path_params["name"], owner(request), word, chosen, bool(asked.get("add", True)))


@router.post("/caption/{name}")
@answered
def caption(request: Request, body: bytes) -> dict:
    """Body: {id, caption}."""
    asked = _asked(body)
    own.recaption(
        request.path_params["name"], owner(request), str(asked.get("id", "")), str(asked.get("caption", ""))
    )
    return {}


@router.post("/view/{name}")
@answered
def view(request: Request, body: bytes) -> dict:
    """Body: {title, settings}; without settings the view is deleted."""
    asked = _asked(body)
    settings = asked.get("settings")
    return own.view(
        request.path_params["name"],
        owner(request),
        str(asked.get("title", "")),
        settings if isinstance(settings, dict) else None,
    )


@router.post("/export/{name}")
@answered
def exported(request: Request, body: bytes) -> Response:
    """A file of the rows with these numbers, or of all. Body: {kind: parquet or html, rows, checkpoint}."""
    asked, name = _asked(body), request.path_params["name"]
    library, tags = Library.open(name), own.marks(name, owner(request))["tags"]
    rows = [
        row for row in asked.get("rows") or range(len(library)) if isinstance(row, int) and 0 <= row < len(library)
    ]
    if asked.get("kind") == "parquet":
        return Response(export.parquet(library, rows, tags), media_type="application/vnd.apache.parquet")
    language = request.query_params.get("lang", "en")
    page = export.html(
        library, TITLES.get(name) or own.title(name), rows, tags, str(asked.get("checkpoint", "")), language
    )
    return Response(page, media_type="application/octet-stream")


def _visitor(request: Request) -> str | None:
    whose = owner(request)
    if whose is not None and len(request.cookies.get(COOKIE, "")) < 32:
        raise LoupeError("This browser keeps no cookies, so the collection would be nobody's. Allow them here.")
    return whose


def _asked(body: bytes) -> dict:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise LoupeError("A piece of the upload arrived damaged. Start it once more.") from error
    return asked if isinstance(asked, dict) else {}
