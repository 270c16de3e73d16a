"""A dataset of the model hub as a collection: pictures with captions out of its Parquet files."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from core import hub, own
from core.collect import Entry, collect
from core.errors import LoupeError
from core.library import Library
from core.params import Progress
from core.places import own_place
from core.store import home
from core.transfer import File

PARQUET = "refs%2Fconvert%2Fparquet"
"""Where the hub keeps a copy of every dataset as <configuration>/<split>/<number>.parquet."""
PART = r"\w[\w.-]*/\w[\w.-]*/\d+\.parquet"
MOST_BYTES = 1_000_000_000
MOST = 20_000
CAPTIONS = ("caption", "captions", "text", "sentence", "sentences", "title", "description", "prompt")
GROUPS = ("label", "labels", "group", "category", "class")


def bring(source: str, owner: str | None, progress: Progress) -> Library:
    """A collection of the pictures of a dataset like "owner/name": of its first split, as many files as are allowed.

    progress hears of bytes, then of pictures, and stops the work by raising. Raises LoupeError for a name that is
    none, a hub that does not answer, a dataset without pictures.
    """
    source = source.strip().removeprefix("https://huggingface.co/datasets/").strip("/")
    if not re.fullmatch(hub.HUB_ID, source):
        raise LoupeError("{source!r} is no dataset of the hub. Name one like owner/name.", source=source[:100])
    place = f"datasets/{source}"
    commit, listed = hub.files(place, PARQUET)
    files = first_split(source, listed)
    folder = home() / "incoming" / f"dataset-{source.replace('/', '--')}"
    name = own.fresh_name(source)
    try:
        with closing(hub.fetch(place, commit, files, folder)) as steps:
            for step in steps:
                progress(step.done, step.total)
        entries = [entry for file in files for entry in entries_of(folder / "snapshots" / commit / file.name)][
            :MOST
        ]
        own.claim(name, source.rpartition("/")[2][: own.TITLE], owner)
        collect(own_place(name), entries, progress=progress, dataset=source)
    finally:
        if not own_place(name).exists():
            shutil.rmtree(own_place(name).parent, ignore_errors=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)  # after a stop the next one goes on from what came
    return Library.open(name)


def first_split(source: str, listed: dict[str, File]) -> list[File]:
    """The Parquet files of the first configuration's training split, else of its first, up to ``MOST_BYTES``."""
    names = sorted(name for name in listed if re.fullmatch(PART, name))
    configurations = [name for name in names if name.startswith("default/")] or names
    splits = sorted({name.rpartition("/")[0] for name in configurations})
    if not splits:
        raise LoupeError("{source!r} has no Parquet files on the hub. Choose another dataset.", source=source)
    configuration = splits[0].partition("/")[0]
    split = f"{configuration}/train" if f"{configuration}/train" in splits else splits[0]
    chosen: list[File] = []
    for name in names:
        if name.startswith(f"{split}/") and sum(f.size for f in chosen) + listed[name].size <= MOST_BYTES:
            chosen.append(listed[name])
    if not chosen:
        raise LoupeError("The first file of {source!r} is larger than 1 GB. Choose another dataset.", source=source)
    return chosen


def entries_of(file: Path) -> Iterator[Entry]:
    """The pictures of a Parquet file as ``datasets`` writes it. Raises LoupeError that lists the columns it has."""
    try:
        schema = pq.read_schema(file)
        image = next((n for n in schema.names if _is_picture(schema.field(n).type)), None)
        if image is None:
            raise LoupeError(
                "The dataset has no column of pictures. Its columns are: {columns}.",
                columns=", ".join(schema.names),
            )
        caption = next((n for n in CAPTIONS if n in schema.names), None)
        group = next((n for n in GROUPS if n in schema.names), None)
        labels = _labels(schema, group)
        kept = [n for n in (image, caption, group) if n]
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(64, columns=kept):
                for row in batch.to_pylist():
                    kind = _said(row.get(group), labels)
                    yield Entry(
                        row[image].get("bytes") or b"", _said(row.get(caption), []) or kind, kind, file.name
                    )
    except pa.ArrowException as error:
        raise LoupeError("{file} is damaged ({reason}). Fetch it anew.", file=file.name, reason=error) from error


def _is_picture(kind: pa.DataType) -> bool:
    return pa.types.is_struct(kind) and {"bytes", "path"} <= {kind.field(i).name for i in range(kind.num_fields)}


def _labels(schema: pa.Schema, column: str | None) -> list[str]:
    """The names of a column of class numbers, which ``datasets`` keeps in the file's metadata."""
    told = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        feature = json.loads(told).get("info", {}).get("features", {}).get(column, {})
    except (ValueError, AttributeError):
        return []
    names = feature.get("names") if isinstance(feature, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _said(value: Any, labels: list[str]) -> str:
    """A caption, the first of several, or the name of a class."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, int) and 0 <= value < len(labels):
        return labels[value]
    return "" if value is None else " ".join(str(value).split())[:500]
