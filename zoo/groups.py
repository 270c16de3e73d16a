"""The groups that the demo backbones tell apart: Unicode's subgroups of emoji, and Open Clip Art's folders.

A folder joins the subgroup that means the same; folders and subgroups that name no kind of thing are left out.
"""

import functools
import hashlib

from zoo.drawing import Picture
from zoo.emoji import bare, emoji_table

# name -> what of Unicode's subgroups and what of the drawings' folders belongs to it
GROUPS: dict[str, tuple[str, ...]] = {
    "airborne transport": ("transport-air",),
    "arrow": ("arrow", "shapes-arrows", "computer-buttons-arrow"),
    "arts and crafts": ("arts & crafts",),
    "Asian food": ("food-asian",),
    "award": ("award-medal",),
    "bird": ("animal-bird", "animals-birds"),
    "body part": ("body-parts", "people-bodypart"),
    "book or paper": ("book-paper", "education-books"),
    "building": ("place-building", "buildings"),
    "button": ("computer-buttons",),
    "cat face": ("cat-face", "monkey-face"),
    "circled letter": ("alphanum",),
    "clock": ("time", "signs_and_symbols-clocks"),
    "clothing": ("clothing", "people-clothing"),
    "computer": ("computer", "computer-hardware"),
    "concerned face": ("face-concerned",),
    "costumed face": ("face-costume", "face-hat"),
    "dinosaur or reptile": ("animal-reptile", "animal-amphibian", "animals-dinosaurs"),
    "dish": ("food-prepared", "food-meats_and_eggs", "food-breads_and_carbs"),
    "dishware": ("dishware",),
    "drink": ("drink", "food-beverages"),
    "emotion": ("emotion",),
    "face in love": ("face-affection",),
    "face with a hand": ("face-hand",),
    "face with glasses": ("face-glasses",),
    "face with a tongue": ("face-tongue",),
    "family": ("family",),
    "fantasy person": ("person-fantasy",),
    "festivity": ("event", "recreation-holiday", "recreation-party"),
    "flag": ("country-flag", "subdivision-flag", "flag", "signs_and_symbols-flags"),
    "flower": ("plant-flower", "plants-flowers"),
    "fruit": ("food-fruit",),
    "game": ("game",),
    "geometric shape": ("geometric",),
    "gesture of a person": ("person-gesture",),
    "grumpy face": ("face-negative",),
    "hand": ("hand-fingers-open", "hand-fingers-partial", "hand-fingers-closed", "hand-single-finger", "hands",
             "hand-prop"),
    "heart": ("heart",),
    "household thing": ("household",),
    "insect": ("animal-bug", "animals-bugs"),
    "jigsaw piece": ("shapes-jigsaw",),
    "keycap": ("keycap",),
    "landscape": ("place-geographic", "place-other"),
    "light or film": ("light & video",),
    "lock": ("lock",),
    "LED digit": ("signs_and_symbols-led",),
    "mail": ("mail",),
    "mammal": ("animal-mammal", "animals-mammals"),
    "map": ("place-map",),
    "map symbol": ("signs_and_symbols-map_symbols",),
    "mathematical sign": ("math", "punctuation", "currency"),
    "medicine": ("medical",),
    "money": ("money", "signs_and_symbols-money"),
    "musical instrument": ("musical-instrument",),
    "musical sign": ("music",),
    "neutral face": ("face-neutral-skeptical",),
    "office thing": ("office",),
    "pattern": ("special-patterns",),
    "person": ("person",),
    "person at sport": ("person-sport",),
    "person at work": ("person-role",),
    "person doing something": ("person-activity", "person-resting"),
    "phone": ("phone",),
    "plant": ("plant-other",),
    "player button": ("av-symbol",),
    "playing card": ("recreation-games-cards",),
    "place of worship": ("place-religious",),
    "religious sign": ("religion",),
    "road sign": ("transportation-roadsigns",),
    "road vehicle": ("transport-ground", "transportation-vehicles"),
    "science": ("science",),
    "sea animal": ("animal-marine", "animals-fish"),
    "sign": ("other-symbol", "transport-sign"),
    "sick face": ("face-unwell",),
    "silhouette": ("person-symbol", "people-stickmen"),
    "sky and weather": ("sky & weather", "signs_and_symbols-weather"),
    "sleepy face": ("face-sleepy",),
    "smiling face": ("face-smiling", "people-smilies"),
    "sound": ("sound",),
    "speech bubble": ("shapes-callouts",),
    "sports thing": ("sport", "recreation-sports"),
    "sweets": ("food-sweet", "food-desserts"),
    "tool": ("tool",),
    "vegetable": ("food-vegetable",),
    "warning": ("warning",),
    "watercraft": ("transport-water", "transportation-boating"),
    "weapon": ("tools-weapons",),
    "writing tool": ("writing",),
    "zodiac sign": ("zodiac",),
}  # fmt: skip
NAMES = tuple(GROUPS)
NUMBERS = {part: number for number, parts in enumerate(GROUPS.values()) for part in parts}
DRAWING = "openclipart-"


@functools.cache
def subgroups() -> dict[str, str]:
    return {bare(row["unified"]): row["subcategory"] for row in emoji_table()}


def group(picture: Picture) -> int | None:
    """The number of the picture's group; None where it has none."""
    if picture.concept:
        return NUMBERS.get(subgroups().get(picture.concept, ""))
    place = picture.id.removeprefix(DRAWING)
    fitting = [part for part in NUMBERS if place.startswith(f"{part}-")]
    return NUMBERS[max(fitting, key=len)] if picture.id.startswith(DRAWING) and fitting else None


def kept_apart(concept: str) -> bool:
    """Whether this emoji is shown in no style: about one of ten."""
    return hashlib.sha256(concept.encode()).digest()[0] < 26
