"""The sample collection: captioned pictures under open licences, as one Parquet file that `datasets` reads.

    python -m zoo.clipart

The same packages and versions give the same bytes. Twemoji and the clip art kept from training are left out.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features, Image, List, Value
from PIL import Image as PillowImage

from zoo.drawing import Picture
from zoo.lexicon import by_hand
from zoo.photographs import open_photograph, table
from zoo.pictures import LICENCES, held_out, load, on_white

FOLDER = Path(__file__).parents[1] / "assets" / "libraries" / "clipart"
SOURCES = ("openclipart", "noto", "fluent-3d")
TITLES = {
    "openclipart": "Open Clip Art",
    "noto": "Noto Emoji",
    "fluent-3d": "Fluent Emoji 3D",
    "photo": "photographs of scikit-image and scikit-learn",
}
SAME = 2  # pictures of a source that may share a caption
LONG_SIDE = 384  # of a photograph
QUALITY = 88
KEYWORDS = 8
BLOCKED = re.compile(  # not for a collection that meets every reader
    r"nazi|swastika|hitler|schwarze|confederate|erotik|\bsexy?\b|nude|naked|stripper|pantyhose|atomic bomb"
    r"|antiwar|\bwmd\b|gunshot|terror|middle finger"
)
FEATURES = Features(
    {
        "id": Value("string"),
        "image": Image(),
        "caption_en": Value("string"),
        "caption_zh": Value("string"),
        "keywords_en": List(Value("string")),
        "keywords_zh": List(Value("string")),
        "group": Value("string"),
        "group_zh": Value("string"),
        "source": Value("string"),
        "licence": Value("string"),
        "credit": Value("string"),
        "width": Value("int32"),
        "height": Value("int32"),
    }
)


def main() -> None:
    rows = sorted([*drawings(), *photographs()], key=lambda row: row["id"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / "pictures.parquet"
    write(rows, file)
    (FOLDER / "README.md").write_text(card(rows, file.stat().st_size), encoding="utf-8")
    print(f"{len(rows)} pictures, {file.stat().st_size / 1e6:.2f} MB, {file}")


def write(rows: list[dict], file: Path) -> None:
    """Rows as Parquet, with the schema by which `datasets` knows the column of images."""
    table = pa.Table.from_pylist(rows, schema=FEATURES.arrow_schema)
    pq.write_table(table, file, row_group_size=1000, compression="zstd", version="2.6")


def drawings() -> Iterator[dict]:
    """Rows of the emoji and the clip art that have a caption in both languages, at most SAME a caption."""
    for source in SOURCES:
        pictures, pixels = load(source)
        apart = held_out(pictures)
        seen: Counter[str] = Counter()
        for index, picture in enumerate(pictures):
            if apart[index] or not picture.names.get("zh") or blocked(picture) or gendered(picture):
                continue
            caption = picture.names["en"][0]
            seen[caption] += 1
            if seen[caption] <= SAME:
                yield row(picture, PillowImage.fromarray(on_white(pixels[index])), LICENCES[source])


def photographs() -> Iterator[dict]:
    pictures = {picture.id: picture for picture in load("photo")[0]}
    for name, entry in table().items():
        image = open_photograph(entry)
        image.thumbnail((LONG_SIDE, LONG_SIDE), PillowImage.Resampling.LANCZOS)
        yield row(pictures[f"photo-{name}"], image, entry["licence"])


def blocked(picture: Picture) -> bool:
    return BLOCKED.search(" ".join([picture.id, *picture.names["en"], *picture.keywords["en"]]).lower()) is not None


def gendered(picture: Picture) -> bool:
    """Whether it is the man's or the woman's form of an emoji that has a person's form too."""
    return re.search(r"-200d-(2640|2642)$|^1f46[89]-200d-(?!2764)", picture.concept) is not None


def row(picture: Picture, image: PillowImage.Image, licence: str) -> dict:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=QUALITY, method=6)
    keywords = {language: list(dict.fromkeys(words))[:KEYWORDS] for language, words in picture.keywords.items()}
    return {
        "id": picture.id,
        "image": {"bytes": buffer.getvalue(), "path": f"{picture.id}.webp"},
        "caption_en": picture.names["en"][0],
        "caption_zh": picture.names["zh"][0],
        "keywords_en": keywords.get("en", []),
        "keywords_zh": keywords.get("zh", []),
        "group": picture.group,
        "group_zh": by_hand()[picture.group],
        "source": TITLES[picture.source],
        "licence": licence,
        "credit": picture.credit or "unknown artist of Open Clip Art",
        "width": image.width,
        "height": image.height,
    }


def card(rows: list[dict], size: int) -> str:
    """The folder's README."""
    return CARD.format(
        count=len(rows),
        size=size / 1e6,
        sources=tally(rows, "source", "licence"),
        groups=tally(rows, "group"),
        photographs="\n".join(
            f"| {row['caption_en']} | {row['licence']} | {row['credit']} |"
            for row in rows
            if row["source"] == TITLES["photo"]
        ),
    )


def tally(rows: list[dict], *columns: str) -> str:
    counts = Counter(tuple(row[column] for column in columns) for row in rows)
    lines = [
        f"| {' | '.join(key)} | {count} |" for key, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))
    ]
    return "\n".join([f"| {' | '.join(columns)} | pictures |", "|---" * (len(columns) + 1) + "|", *lines])


CARD = """# Clip art: the sample collection

{count} pictures with captions in English and Chinese, {size:.1f} MB, in one Parquet file.

```python
from datasets import load_dataset
pictures = load_dataset("parquet", data_files="pictures.parquet", split="train")
pictures[0]["image"], pictures[0]["caption_en"], pictures[0]["caption_zh"]
```

Columns: `id`, `image` (WebP; drawings 128 px on white, photographs up to 384 px), `caption_en`, `caption_zh`,
`keywords_en`, `keywords_zh`, `group`, `group_zh`, `source`, `licence`, `credit`, `width`, `height`.

## What is in it

{sources}

{groups}

## How it was made

`python -m zoo.clipart` fetches the packages by name and version (npm, Debian, PyPI) and writes this folder; the
same versions give the same bytes.

- Emoji: the names and keywords of Unicode's CLDR in both languages. Of one person in three genders, one stands.
- Open Clip Art: its own titles are a mixture of languages, file names and numbers, so each drawing was captioned by
  hand in English and Chinese (`zoo/openclipart.tsv`), and nearly all were looked at; keywords are the artists' own,
  put into Chinese by CLDR's names and a table of ours (`zoo/lexicon.tsv`). At most two pictures of a source share a
  caption.
- Photographs: captions, keywords and test sentences are ours (`zoo/photographs.toml`).

Left out: drawings that show nothing, hate symbols and adult content, drawings without a caption in both languages,
and all that judges a model: Twemoji, every emoji that is drawn almost as Twemoji draws it, and 500 drawings of Open
Clip Art (`zoo/openclipart-held-out.txt`).

## Credit

Open Clip Art's drawings are in the public domain; each row names its artist. Noto Emoji is by Google (Apache-2.0),
Fluent Emoji by Microsoft (MIT). CLDR's names are under the Unicode licence.

| photograph | licence | credit |
|---|---|---|
{photographs}
"""


if __name__ == "__main__":
    main()
