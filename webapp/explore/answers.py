"""What the Explore tab's script asks of Python: open a collection, search it, tell of one point."""

import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from core import models
from core.checkpoints import find
from core.errors import LoupeError
from core.joint_map import add_tsne
from core.own import title
from core.projection import unit
from core.suspects import SUSPECTS
from webapp import inputs, routes
from webapp.explore import jobs
from webapp.explore.collection import TITLES, Collection, Report, collection, ready
from webapp.explore.pack import pack, quantised
from webapp.explore.words import words
from webapp.translations import t

HITS = 24
WEIGHT = 0.5
"""How far a sentence pulls or pushes, in lengths of the query."""


def answering(function: Callable[[dict], dict]) -> Callable[[dict], dict]:
    """The answer as JSON; a LoupeError as {"error": its text in the reader's language}."""

    @functools.wraps(function)
    def answer(request: dict) -> dict:
        try:
            return function(request)
        except LoupeError as error:
            return {"error": t(error.template, request.get("language", "en"), **error.values)}

    return answer


@answering
def opening(request: dict) -> dict:
    """Everything that the map needs. request: library, checkpoint, language, wait.

    With ``wait``, seconds, the answer is {"working": {stage, done, total}} while that takes longer: ask again.
    """
    key = _job(request)
    if request.get("wait") is not None and not ready(str(request["library"]), str(request["checkpoint"])):
        job = jobs.joined(key, lambda report: collection(request["library"], request["checkpoint"], report))
        if not job.wait(min(float(request["wait"]), 5.0)):
            return {"working": {"stage": t(job.stage, request["language"]), "done": job.done, "total": job.total}}
        jobs.forget(key)
        job.result()
    opened = _collection(request)
    joint = opened.map
    description, points, rows = _packed(opened)
    return {
        **description,
        "points": routes.publish(points),
        "rows": routes.publish(rows, "application/json"),
        "title": TITLES.get(opened.library.name) or title(opened.library.name),
        "model": find(request["checkpoint"]).title,
        "faithfulness": {
            m: [[f.trustworthiness, f.recall] for f in ends] for m, ends in joint.faithfulness.items()
        },
        "gap": {
            "amounts": joint.gap.amounts.tolist(),
            "distance": joint.gap.distance.tolist(),
            "recall": joint.gap.recall.tolist(),
        },
        "words": words(request["language"]),
    }


@answering
def stopping(request: dict) -> dict:
    """Stops the embedding of a collection; its finished parts are kept."""
    if job := jobs.find(_job(request)):
        job.stop()
    return {}


@answering
def layout(request: dict) -> dict:
    """The places of t-SNE, both ends one after the other, or how far they are: asked again until they are there."""
    opened = _collection(request)
    if "tsne" not in opened.map.layouts:
        key = f"t-SNE of {_job(request)}"

        def work(report: Report) -> None:
            report("Drawing the map", 0, 1)
            add_tsne(opened.library, models.load(opened.checkpoint), opened.map)

        job = jobs.joined(key, work)
        if not job.wait(min(float(request.get("wait", 1)), 5.0)):
            return {"working": {"stage": t(job.stage, request["language"]), "done": 0, "total": 1}}
        jobs.forget(key)
        job.result()
    places = b"".join(quantised(end).tobytes() for end in opened.map.layouts["tsne"])
    true = [[f.trustworthiness, f.recall] for f in opened.map.faithfulness["tsne"]]
    return {"points": routes.publish(places), "faithfulness": true}


@answering
def finding(request: dict) -> dict:
    """Pictures that need a look. request: what ("copies", "outliers" or "mismatches"). The answer: rows, scores."""
    opened = _collection(request)
    if request["what"] not in SUSPECTS:
        raise LoupeError("Nothing is looked for under {what!r}.", what=str(request["what"])[:40])
    found = SUSPECTS[request["what"]](opened.images.vectors, opened.texts.vectors)
    return {"rows": found.rows.tolist(), "scores": [round(float(score), 4) for score in found.scores]}


@answering
def wording(request: dict) -> dict:
    """The tab's texts in a language."""
    return words(request["language"])


@answering
def search(request: dict) -> dict:
    """The nearest pictures. request: text, or image (the strip's reference), or point; more, less: sentences.

    A point is a number in the map: a picture, or after all pictures a caption. The answer: rows and scores of the
    pictures, milliseconds, and the query's place in each layout.
    """
    opened = _collection(request)
    count = len(opened.library)
    start = time.perf_counter()
    kind, query = _query(opened, request)
    embedded = time.perf_counter()
    rows, scores = opened.images.nearest(query[None], min(int(request.get("k", HITS)), 200))
    found = time.perf_counter()
    return {
        "rows": rows[0].tolist(),
        "scores": [round(float(score), 4) for score in scores[0]],
        "embed_ms": round(1e3 * (embedded - start), 2),
        "search_ms": round(1e3 * (found - embedded), 2),
        "count": count,
        "places": opened.place(query, kind),
    }


@answering
def pair(request: dict) -> dict:
    """For a picture's row: the rank of its caption among all captions, and of the picture among all pictures."""
    opened = _collection(request)
    row = _row(opened, request["row"])
    image, text = opened.images.vectors[row], opened.texts.vectors[row]
    by_image, by_text = opened.texts.vectors @ image, opened.images.vectors @ text
    return {
        "caption_rank": int((by_image > by_image[row]).sum()) + 1,
        "image_rank": int((by_text > by_text[row]).sum()) + 1,
        "score": round(float(image @ text), 4),
        "count": len(opened.library),
    }


def _collection(request: dict) -> Collection:
    return collection(str(request["library"]), str(request["checkpoint"]))


def _job(request: dict) -> str:
    return f"open {request['library']} with {request['checkpoint']}"


@functools.lru_cache(maxsize=4)
def _packed(opened: Collection) -> tuple[dict, bytes, bytes]:
    return pack(opened)


def _row(opened: Collection, row: Any) -> int:
    if not isinstance(row, int) or not 0 <= row < len(opened.library):
        raise LoupeError(
            "The collection has {count} rows, none with the number {row}.",
            count=len(opened.library),
            row=str(row)[:20],
        )
    return row


def _query(opened: Collection, request: dict) -> tuple[str, np.ndarray]:
    """("text" or "image", unit vector [dim]) of what is searched for."""
    count = len(opened.library)
    if "point" in request:
        point = request["point"]
        kind = "text" if isinstance(point, int) and point >= count else "image"
        row = _row(opened, point - count if kind == "text" else point)
        query = (opened.images if kind == "image" else opened.texts).vectors[row]
    else:
        with models.use(opened.checkpoint) as model:
            if "image" in request:
                kind, query = "image", model.embed_images([inputs.picture(request["image"])])[0]
            else:
                sentence = str(request["text"]).strip()
                if not sentence:
                    raise LoupeError("The sentence to search for is empty. Type a few words.")
                kind, query = "text", model.embed_texts([sentence])[0]
    for sign, sentences in ((1.0, request.get("more")), (-1.0, request.get("less"))):
        if sentences:
            with models.use(opened.checkpoint) as model:
                wishes = model.embed_texts([str(s) for s in sentences])
            # A sentence's own direction: what it adds to the mean caption.
            query = query + sign * WEIGHT * unit(wishes - opened.texts.vectors.mean(axis=0)).mean(axis=0)
    return kind, unit(query)
