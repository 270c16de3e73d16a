"""The input images that the page offers: a few free photographs and drawings, up to 512 px.

python -m zoo.examples
"""

from pathlib import Path

from PIL import Image

from zoo.openclipart import captions
from zoo.photographs import open_photograph, table
from zoo.sources import fetch

FOLDER = Path(__file__).parents[1] / "assets" / "examples"
SIDE = 512
PHOTOGRAPHS = {
    "cat": "chelsea",
    "coffee": "coffee",
    "astronaut": "astronaut",
    "temple": "china",
    "flower": "flower",
    "rocket": "rocket",
}
EMOJI = {"apple": ("1f34e", "a red apple"), "strawberry": ("1f353", "a strawberry")}
HOUSE = "buildings-homes-house_gabrielle_nowicki_"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = []
    known = table()
    for name, photograph in PHOTOGRAPHS.items():
        row = known[photograph]
        save(open_photograph(row), FOLDER / f"{name}.jpg")
        lines.append(f"| {name}.jpg | {row['caption']['en']} | {row['licence']} | {row['credit']} |")
    fluent = fetch("npm", "@lobehub/fluent-emoji-3d", "1.1.0") / "package" / "assets"
    for name, (code, caption) in EMOJI.items():
        save(on_white(Image.open(fluent / f"{code}.webp")), FOLDER / f"{name}.png")
        lines.append(f"| {name}.png | {caption} | MIT | Microsoft, Fluent Emoji 3D |")
    art = fetch("debian", "openclipart-png") / "usr/share/openclipart/png"
    place = art.joinpath(*HOUSE.split("-")).with_suffix(".png")
    save(on_white(Image.open(place)), FOLDER / "house.png")
    caption = captions()[f"openclipart-{HOUSE}"][0]
    lines.append(f"| house.png | {caption} | public domain | Gabrielle Nowicki, Open Clip Art |")
    (FOLDER / "README.md").write_text(CARD.format(rows="\n".join(lines)), encoding="utf-8")


def on_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def save(image: Image.Image, file: Path) -> None:
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    image.save(file, quality=88, optimize=True)


CARD = """# Example images

Written by `python -m zoo.examples`.

| file | what | licence | credit |
|---|---|---|---|
{rows}
"""


if __name__ == "__main__":
    main()
