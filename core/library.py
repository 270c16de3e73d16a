"""Library: a collection of pictures with captions, and its embeddings by checkpoint."""

import functools
import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL.Image import Image

from core.arrays import Array, Floats, Ints, Result
from core.capabilities import ImageEncoder, TextEncoder
from core.checkpoints import Checkpoint
from core.collect import Entry, collect, folder_entries, folder_signature
from core.errors import LoupeError
from core.images import open_image, picture_format
from core.params import Progress
from core.places import add, free_name, listed, notes, own_place, places
from core.search import Index
from core.vectors import embedded, ship, shipped

LONGEST = 768
"""The longest side of a picture handed to a model, in pixels: no less than twice what models look at."""
THUMBNAIL = 160
WEB = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


class Encoder(ImageEncoder, TextEncoder, Protocol):
    """A model with its checkpoint, whose version the vectors are kept under."""

    @property
    def checkpoint(self) -> Checkpoint: ...


@dataclass(frozen=True)
class Neighbours(Result):
    """The pictures nearest to a query, best first: rows and ids in the library, cosine scores."""

    rows: Array[Ints, "rank"]
    scores: Array[Floats, "rank"]
    ids: tuple[str, ...]


class Library:
    """Pictures with captions in one Parquet file: columns image (struct of bytes and path, or bytes) and others.

    Read lazily: opening costs the file's footer, a picture costs the row group that it is in.
    """

    def __init__(self, name: str, path: Path):
        self.name, self.path = name, path
        with _readable(path):
            self._file = pq.ParquetFile(path, memory_map=True)
        self.columns: list[str] = [name for name in self._file.schema_arrow.names if name != "image"]
        if "image" not in self._file.schema_arrow.names:
            raise LoupeError(
                "{path} has no column image. Its columns are: {columns}.",
                path=path,
                columns=", ".join(self.columns),
            )
        groups = [self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(groups, dtype=np.int64)])
        if not len(self):
            raise LoupeError("{path} holds no pictures.", path=path)
        self._groups: OrderedDict[int, pa.ChunkedArray] = OrderedDict()
        self._indexes: OrderedDict[str, Index] = OrderedDict()
        self._lock = threading.Lock()

    @staticmethod
    def names() -> list[str]:
        """The libraries there are: the shipped ones, the user's own, and those added with ``at``."""
        return list(places())

    @classmethod
    def open(cls, name: str) -> "Library":
        """The library of this name. Raises LoupeError listing those there are."""
        paths = places()
        if name not in paths:
            raise LoupeError(
                "No library {name!r}. There are: {known}.", name=name, known=", ".join(listed()) or "none"
            )
        status = paths[name].stat()
        return _open(name, paths[name], status.st_mtime_ns, status.st_size)

    @classmethod
    def at(cls, path: str | Path, progress: Progress | None = None, name: str = "") -> "Library":
        """The library of a Parquet file, or of a folder of pictures (collected when first seen or changed).

        name: what a folder's library is to be called, instead of the folder's name.
        """
        path = Path(path).expanduser().resolve()
        if path.is_file():
            name = add(path)
        elif path.is_dir():
            name, signature = free_name(name or path.name, path), folder_signature(path)
            if notes(own_place(name)).get("signature") != signature:
                entries, missing = folder_entries(path)
                collect(own_place(name), entries, missing, progress, folder=str(path), signature=signature)
        else:
            raise LoupeError("There is no {path}. Name a folder of pictures or a Parquet file.", path=path)
        return cls.open(name)

    @classmethod
    def create(
        cls, name: str, pictures: Iterable[tuple[bytes | Path, str]], progress: Progress | None = None
    ) -> "Library":
        """A library of the user's own from (picture, caption) pairs; see ``rejected`` for what was left out."""
        if not re.fullmatch(r"\w[\w .-]{0,63}", name):
            raise LoupeError(
                "{name!r} cannot be a library's name. Use up to 64 letters, digits, - and _.", name=name
            )
        if name in places():
            raise LoupeError("There is a library {name!r} already. Choose another name.", name=name)
        entries = [
            Entry(picture, caption, source=picture.name if isinstance(picture, Path) else "")
            for picture, caption in pictures
        ]
        collect(own_place(name), entries, progress=progress)
        return cls.open(name)

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def rejected(self) -> list[tuple[str, str]]:
        """(file, reason) of what was left out when the pictures were collected."""
        return [(name, reason) for name, reason in json.loads(notes(self.path).get("rejected", "[]"))]

    @functools.cached_property
    def version(self) -> str:
        """The hash of the content, which vectors and maps are keyed by."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:12]

    @functools.cached_property
    def pictures_version(self) -> str:
        """What the pictures' vectors are keyed by: the version before captions were changed, for they stay."""
        return notes(self.path).get("pictures", self.version)

    @functools.cached_property
    def _table(self) -> pa.Table:
        with self._lock, _readable(self.path):
            return self._file.read(columns=self.columns, use_threads=False)

    def column(self, name: str) -> list[Any]:
        """A column's values. Raises LoupeError listing the columns there are."""
        if name not in self.columns:
            raise LoupeError(
                "The library {library} has no column {name!r}. There are: {known}.",
                library=self.name,
                name=name,
                known=", ".join(self.columns),
            )
        return self._table[name].to_pylist()

    @functools.cached_property
    def ids(self) -> list[str]:
        """The column id, else the rows' numbers."""
        ids = [str(name) for name in (self.column("id") if "id" in self.columns else range(len(self)))]
        if len(set(ids)) < len(ids):
            raise LoupeError(
                "The library {library} has an id more than once. Make its ids unique.", library=self.name
            )
        return ids

    @functools.cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.ids)}

    def row(self, name: str) -> int:
        """The row of this id. Raises LoupeError where there is none."""
        if name not in self._rows:
            raise LoupeError("The library {library} has no picture {name!r}.", library=self.name, name=name)
        return self._rows[name]

    def data(self, row: int) -> bytes:
        """The bytes of a picture as they are stored."""
        if not 0 <= row < len(self):
            raise LoupeError("The library {library} has no row {row}.", library=self.name, row=row)
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        with self._lock, _readable(self.path):
            if group not in self._groups:
                table = self._file.read_row_group(group, columns=["image"], use_threads=False)
                self._groups[group] = table["image"]
            self._groups.move_to_end(group)
            images = self._groups[group]
            if len(self._groups) > 8:
                self._groups.popitem(last=False)
        value = images[row - int(self._starts[group])].as_py()
        return (value["bytes"] if isinstance(value, dict) else value) or b""

    def picture(self, row: int, longest: int | None = None) -> Image:
        """The picture in RGB, shrunk to ``longest`` pixels a side. Raises LoupeError that names a damaged one."""
        data = self.data(row)
        try:
            return open_image(data, longest)
        except LoupeError as error:
            raise LoupeError(
                "Picture {id} of the library {library}: " + error.template,
                id=self.ids[row],
                library=self.name,
                **error.values,
            ) from error

    def thumbnail(self, row: int) -> tuple[bytes, str]:
        """A small picture for the page and its media type; a small web picture goes out as it is stored."""
        data = self.data(row)
        kind, size = picture_format(data)
        if kind in WEB and max(size) <= 2 * THUMBNAIL and len(data) <= 32_768:
            return data, WEB[kind]
        stream = BytesIO()
        self.picture(row, THUMBNAIL).save(stream, "WEBP", quality=80)
        return stream.getvalue(), "image/webp"

    def captions(self, language: str = "en") -> list[str]:
        """The captions in this language, or in the first one there is."""
        return [caption or "" for caption in self.column(self.caption_column(language))]

    def caption_column(self, language: str = "en") -> str:
        """The name of the column with the captions in this language, or in the first one there is."""
        found = [name for name in self.columns if name.startswith("caption")]
        if not found:
            raise LoupeError("The library {library} has no captions: no column caption_en.", library=self.name)
        return f"caption_{language}" if f"caption_{language}" in found else found[0]

    def vectors(self, model: Encoder, progress: Progress | None = None) -> np.ndarray:
        """The pictures' embeddings [image dim], unit length: shipped, stored, or computed now."""
        return self._index(model, progress).vectors

    def caption_vectors(self, model: Encoder, language: str = "en", progress: Progress | None = None) -> np.ndarray:
        """The captions' embeddings [text dim], unit length, in this language or the first one there is."""
        column = self.caption_column(language)
        captions = [caption or "" for caption in self.column(column)]
        return self._embedded(model, column, lambda rows: model.embed_texts([captions[i] for i in rows]), progress)

    def search(self, model: Encoder, query: str | Image, k: int = 20) -> Neighbours:
        """The k pictures nearest to a sentence or a picture, by cosine. Raises LoupeError for an empty sentence."""
        if not isinstance(query, str):
            vectors = model.embed_images([query])
        elif query.strip():
            vectors = model.embed_texts([query.strip()])
        else:
            raise LoupeError("The sentence to search for is empty. Type a few words.")
        rows, scores = self._index(model).nearest(vectors, k)
        return Neighbours(rows[0], scores[0], tuple(self.ids[row] for row in rows[0]))

    def ship(self, model: Encoder, languages: Iterable[str] = ("en", "zh")) -> Path:
        """Writes this checkpoint's vectors of pictures and captions beside the pictures; returns their file."""
        captions = {self.caption_column(name): self.caption_vectors(model, name) for name in languages}
        return ship(
            self.path.parent, self.version, model.checkpoint.version, {"image": self.vectors(model), **captions}
        )

    def _index(self, model: Encoder, progress: Progress | None = None) -> Index:
        version = model.checkpoint.version
        index = self._indexes.get(version)
        if index is None:
            index = Index(self._embedded(model, "image", functools.partial(self._seen, model), progress))
            with self._lock:
                self._indexes[version] = index
                if len(self._indexes) > 2:
                    self._indexes.popitem(last=False)
        return index

    def _seen(self, model: Encoder, rows: range) -> np.ndarray:
        with ThreadPoolExecutor(2) as pool:
            return model.embed_images(list(pool.map(lambda row: self.picture(row, LONGEST), rows)))

    def _embedded(
        self, model: Encoder, what: str, embed: Callable[[range], np.ndarray], progress: Progress | None
    ) -> np.ndarray:
        version = model.checkpoint.version
        vectors = shipped(self.path.parent, self.version, version).get(what)
        if vectors is None:
            content = self.pictures_version if what == "image" else self.version
            vectors = embedded(f"{what} of {content} by {version}", len(self), embed, progress)
        vectors = vectors.astype(np.float32)  # kept as float16, so of a length not quite 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise LoupeError(
            "{path} is not a Parquet file, or is damaged ({reason}). Fetch or make it anew.",
            path=path,
            reason=error,
        ) from error


@functools.lru_cache(maxsize=8)
def _open(name: str, path: Path, changed: int, size: int) -> Library:
    return Library(name, path)
