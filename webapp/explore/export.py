"""A collection or a part of it as a file: Parquet with pictures and tags, or one page that works without a network."""

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import LoupeError
from core.joint_map import JointMap
from core.library import Library
from webapp.explore.collection import collection, ready
from webapp.translations import t

MOST_BYTES = 500_000_000
MOST_PAGE = 3_000
"""Pictures in a page; more would be slow to open, and larger than mail carries."""
PAGE = Path(__file__).with_name("export.html")
TEXTS = ("Search in the captions", "{count} pictures", "tags")


def parquet(library: Library, rows: Sequence[int], tags: dict[str, list[str]]) -> bytes:
    """The rows with every column, the pictures as they are stored, and a list of tags. Raises LoupeError."""
    images, size = [], 0
    for row in rows:
        images.append({"bytes": library.data(row), "path": None})
        size += len(images[-1]["bytes"])
        if size > MOST_BYTES:
            raise LoupeError(
                "These pictures have more than {most} MB. Select fewer, or copy the collection's own file.",
                most=MOST_BYTES // 1_000_000,
            )
    columns = {"image": images} | {name: [library.column(name)[row] for row in rows] for name in library.columns}
    columns["tags"] = [_tags(library.ids[row], tags) for row in rows]
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, compression="zstd", row_group_size=64)
    return stream.getvalue()


def html(
    library: Library, title: str, rows: Sequence[int], tags: dict[str, list[str]], checkpoint: str, language: str
) -> bytes:
    """One page with pictures, captions, tags and, where the collection is open, the map. Raises LoupeError."""
    if len(rows) > MOST_PAGE:
        raise LoupeError(
            "A page holds at most {most} pictures, these are {count}. Select fewer, or export Parquet.",
            most=MOST_PAGE,
            count=len(rows),
        )
    joint = collection(library.name, checkpoint).map if ready(library.name, checkpoint) else None
    captions = library.captions(language) if any(name.startswith("caption") for name in library.columns) else []
    told = {
        "title": title,
        "words": {text: t(text, language, count="{count}") for text in TEXTS},
        "rows": [
            {
                "id": library.ids[row],
                "caption": captions[row] if captions else "",
                "tags": _tags(library.ids[row], tags),
                "picture": _address(*library.thumbnail(row)),
                "place": _place(joint, row),
            }
            for row in rows
        ],
    }
    data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    return PAGE.read_text("utf-8").replace("__LANGUAGE__", language).replace("__DATA__", data).encode()


def _tags(identity: str, tags: dict[str, list[str]]) -> list[str]:
    return [word for word, ids in tags.items() if identity in ids]


def _address(data: bytes, media: str) -> str:
    return f"data:{media};base64,{base64.b64encode(data).decode()}"


def _place(joint: JointMap | None, row: int) -> list[float] | None:
    return [round(float(x), 4) for x in joint.layouts["umap"][0][row]] if joint else None
