"""From a person's own pictures to the one Parquet file that a library reads."""

import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.captions import NAMES, Captions, read_captions
from core.copies import Copies, signature
from core.errors import LoupeError
from core.images import open_image, picture_format, read
from core.params import Progress
from core.store import draft

ROWS = 64
"""Pictures in a row group: what is read from the disk to see one of them."""
LONGEST = 1024
KEPT_BYTES = 200_000
"""A picture within these two limits is kept as it is; a larger one as JPEG of the longest side ``LONGEST``."""
SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .webp .gif .bmp .tif .tiff .heic .heif .avif .svg .jxl .jp2".split()
)
SCHEMA = pa.schema(
    {
        "image": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
        "id": pa.string(),
        "caption_en": pa.string(),
        "group": pa.string(),
        "source": pa.string(),
        "width": pa.int32(),
        "height": pa.int32(),
        "copy_of": pa.string(),
    }
)


@dataclass(frozen=True)
class Entry:
    """A picture to collect. group: what colours it on a map; source: where it is from; others: more columns."""

    picture: bytes | Path
    caption: str
    group: str = ""
    source: str = ""
    others: Mapping[str, str] = field(default_factory=dict)


def collect(
    path: Path,
    entries: Sequence[Entry],
    rejected: Iterable[tuple[str, str]] = (),
    progress: Progress | None = None,
    **notes: str,
) -> None:
    """Writes the Parquet file of these pictures, whole or not at all.

    What is no picture is left out and added to the ``rejected`` (name, reason), which the file's metadata lists as
    JSON beside the notes. Raises LoupeError when no picture is left, or the disk is full.
    """
    rejected = list(rejected)
    schema, numbers = _schema(entries)
    names: Counter[str] = Counter()
    copies = Copies()
    group: pa.Table = schema.empty_table()
    done = 0
    with (
        draft(path, lambda: group.nbytes) as file,
        pq.ParquetWriter(file, schema, compression="NONE") as writer,
        ThreadPoolExecutor(2) as pool,
    ):
        for start in range(0, len(entries), ROWS):
            rows, chunk = [], entries[start : start + ROWS]
            for number, (entry, row) in enumerate(zip(chunk, pool.map(_row, chunk), strict=True), start + 1):
                if isinstance(row, LoupeError):
                    rejected.append((entry.source or f"picture {number}", str(row)))
                    continue
                names[row["id"]] += 1
                if names[row["id"]] > 1:
                    row["id"] += f"-{names[row['id']]}"
                row["copy_of"] = copies.add(row["id"], row.pop("signature"))
                row |= {
                    n: _number(entry.others.get(n)) if n in numbers else entry.others.get(n, "")
                    for n in schema.names[len(SCHEMA) :]
                }
                rows.append(row)
            done += len(rows)
            group = pa.Table.from_pylist(rows, schema)
            writer.write_table(group)
            if progress:
                progress(min(start + ROWS, len(entries)), len(entries))
        if not done:
            raise LoupeError(
                "None of the {count} files is a picture that can be opened. The last: {reason}",
                count=len(entries),
                reason=rejected[-1][1] if rejected else "-",
            )
        writer.add_key_value_metadata({"rejected": json.dumps(rejected), **notes})


def recaption(path: Path, row: int, column: str, caption: str, **notes: str) -> None:
    """Writes the file anew, group by group, with another caption in this row; notes: added to its metadata."""
    first, group = 0, SCHEMA.empty_table()
    with (
        pq.ParquetFile(path) as old,
        draft(path, lambda: group.nbytes) as file,
        pq.ParquetWriter(file, old.schema_arrow, compression="NONE") as writer,
    ):
        for number in range(old.num_row_groups):
            group = old.read_row_group(number, use_threads=False)
            if first <= row < first + len(group):
                said = group[column].to_pylist()
                said[row - first] = caption
                at = group.schema.get_field_index(column)
                group = group.set_column(at, group.schema.field(at), pa.array(said, group.schema.field(at).type))
            first += len(group)
            writer.write_table(group)
        writer.add_key_value_metadata(notes)


def folder_entries(folder: Path) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The pictures in a folder and below, in the order of their names; and (file, reason) of what is wrong.

    A subfolder's name is the group. Captions come from captions.csv or captions.parquet, else from the file's name.
    Raises LoupeError when there is no picture, or the captions cannot be read.
    """
    named = {file.relative_to(folder).as_posix(): file for file in folder_files(folder)}
    beside = {name: folder / name for name in NAMES if (folder / name).is_file()}
    if not named:
        raise LoupeError("There is no picture in {folder}. Put JPEG, PNG or WebP files there.", folder=folder)
    return named_entries(named | beside)


def named_entries(files: Mapping[str, Path], prefix: str = "") -> tuple[list[Entry], list[tuple[str, str]]]:
    """The pictures among files with these names, as in ``folder_entries``; prefix: what stands before each name."""
    said = Captions()
    for name in NAMES:
        table = next((path for path in files if path.rpartition("/")[2].lower() == name), None)
        if table is not None:
            said, folder = read_captions(files[table], f"{prefix}{table}"), table.rpartition("/")[0]
            said = _below(said, folder)
            break
    wrong, entries = list(said.wrong), []
    unused = dict.fromkeys(said.captions)
    for name, file in files.items():
        shown = os.fsencode(name).decode(errors="replace")
        if shown.rpartition("/")[2].lower() in NAMES:
            continue
        if Path(name).suffix.lower() not in SUFFIXES:
            wrong.append((prefix + shown, "By its name it is no picture. Save it as JPEG, PNG or WebP."))
            continue
        unused.pop(shown, None)
        others = dict(said.others.get(shown, {}))
        group = others.pop("group", "") or shown.rpartition("/")[0]
        caption = said.captions.get(shown) or re.sub(r"[\W_]+", " ", Path(shown).stem).strip()
        entries.append(Entry(file, caption, group=group, source=prefix + shown, others=others))
    wrong += [(prefix + name, "The captions name it, but no such picture is there.") for name in unused]
    return entries, wrong


def _below(said: Captions, folder: str) -> Captions:
    """The same with the names as they stand from the outermost folder."""
    if not folder:
        return said
    captions = {f"{folder}/{name}": caption for name, caption in said.captions.items()}
    return Captions(captions, {f"{folder}/{name}": other for name, other in said.others.items()}, said.wrong)


def folder_files(folder: Path) -> list[Path]:
    """Files that look like pictures by their names, hidden ones left out."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.is_file())
    return [path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)]


def folder_signature(folder: Path) -> str:
    """Changes when a picture or a caption in the folder does."""
    digest = hashlib.sha256(str(folder).encode())
    for file in [*folder_files(folder), *(folder / name for name in NAMES)]:
        if file.exists():
            status = file.stat()
            digest.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def _schema(entries: Sequence[Entry]) -> tuple[pa.Schema, set[str]]:
    """The columns of these entries, and which of the further ones hold nothing but numbers."""
    names = [
        name for name in dict.fromkeys(n for entry in entries for n in entry.others) if name not in SCHEMA.names
    ]
    numbers = set()
    for name in names:
        said = [value for entry in entries if (value := entry.others.get(name, ""))]
        if said and all(_number(value) is not None for value in said):
            numbers.add(name)
    kinds = [(name, pa.float64() if name in numbers else pa.string()) for name in names]
    return pa.schema([*SCHEMA, *(pa.field(name, kind) for name, kind in kinds)]), numbers


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _row(entry: Entry) -> dict | LoupeError:
    """The row of a picture that opens, else why not."""
    try:
        data = read(entry.picture)
        image = open_image(data, longest=LONGEST)
        _, size = picture_format(data)
    except LoupeError as error:
        return error
    name = hashlib.sha256(data).hexdigest()[:12]
    if len(data) > KEPT_BYTES or max(size) > LONGEST:
        stream = BytesIO()
        image.save(stream, "JPEG", quality=90)
        data = stream.getvalue()
    return {
        "image": {"bytes": data, "path": None},
        "id": name,
        "caption_en": entry.caption,
        "group": entry.group,
        "source": entry.source,
        "width": image.width,
        "height": image.height,
        "signature": signature(image),
    }
