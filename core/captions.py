"""What is said of pictures in a table beside them: captions.csv, or captions.parquet."""

import codecs
import csv
from dataclasses import dataclass, field
from io import StringIO
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import LoupeError

NAMES = ("captions.csv", "captions.parquet")
FILE = ("file", "file_name", "filename", "image", "path")
CAPTION = ("caption", "caption_en", "text", "title")
MOST_BYTES = 200_000_000
MOST_COLUMNS = 24
RESERVED = {"id", "image", "source", "width", "height", "copy_of", "cluster", "tag"}


@dataclass(frozen=True)
class Captions:
    """By file: its caption and what the other columns say. wrong: (place, what is wrong with it)."""

    captions: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, str]] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def read_captions(file: Path, name: str = "") -> Captions:
    """The table of this file: a column file (its name in the folder), a column caption, any others.

    CSV in UTF-8, UTF-16 or GB 18030, separated by commas, semicolons or tabs. A line with too many cells gives the
    rest to its last column, one with too few is listed; of a file named twice the first line counts. name: how the
    file is called in messages. Raises LoupeError for what is no such table.
    """
    name = name or file.name
    if file.stat().st_size > MOST_BYTES:
        raise LoupeError(
            "{file} is larger than {most} MB. Split it, with the pictures, into several folders.",
            file=name,
            most=MOST_BYTES // 1_000_000,
        )
    header, lines = _parquet(file, name) if file.suffix == ".parquet" else _csv(file, name)
    header = [cell.strip() for cell in header]
    at = [next((header.index(word) for word in words if word in header), None) for words in (FILE, CAPTION)]
    if at[0] is None or at[1] is None:
        raise LoupeError(
            "{file} has the columns {columns}. It needs the columns file and caption in its first line.",
            file=name,
            columns=", ".join(header[:20]),
        )
    return _table(name, header, lines, at[0], at[1])


def _table(name: str, header: list[str], lines: list[list[str]], file: int, caption: int) -> Captions:
    found = Captions()
    others = [n for n, word in enumerate(header) if n not in (file, caption) and word and word not in RESERVED]
    for number, line in enumerate(lines, 2):
        if not any(line):
            continue
        if len(line) > len(header):
            line = [*line[: len(header) - 1], ",".join(line[len(header) - 1 :])]
        if len(line) <= max(file, caption):
            found.wrong.append((f"{name}, line {number}", "It has too few cells. Give it a file and a caption."))
            continue
        key = line[file].strip().replace("\\", "/").removeprefix("./")
        if key in found.captions:
            found.wrong.append((f"{name}, line {number}", f"{key} is named twice; its first caption is used."))
            continue
        found.captions[key] = line[caption].strip()
        found.others[key] = {header[n]: line[n].strip() for n in others[:MOST_COLUMNS] if n < len(line)}
    return found


def _csv(file: Path, name: str) -> tuple[list[str], list[list[str]]]:
    text = _decoded(file.read_bytes(), name)
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = csv.reader(StringIO(text, newline=""), delimiter=separator)
        header = next(rows, [])
        return header, list(rows)
    except csv.Error as error:
        raise LoupeError("{file} is not a CSV file ({reason}). Save it anew.", file=name, reason=error) from error


def _decoded(data: bytes, name: str) -> str:
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LoupeError("{file} is not text in UTF-8 or GB 18030. Save it as CSV in UTF-8.", file=name)


def _parquet(file: Path, name: str) -> tuple[list[str], list[list[str]]]:
    try:
        table = pq.read_table(file)
    except (OSError, pa.ArrowException) as error:
        raise LoupeError(
            "{path} is not a Parquet file, or is damaged ({reason}). Fetch or make it anew.",
            path=name,
            reason=error,
        ) from error
    columns = [n for n in table.column_names if pa.types.is_primitive(t := table.schema.field(n).type) or _text(t)]
    values = [table[n].to_pylist() for n in islice(columns, MOST_COLUMNS + 2)]
    told = zip(*values, strict=True)
    return columns[: len(values)], [["" if cell is None else str(cell) for cell in row] for row in told]


def _text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
