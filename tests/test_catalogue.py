"""Every row of the catalogue, and every family with every lens that it serves."""

import importlib
import inspect
import pkgutil
import re
from typing import Any, get_type_hints

import numpy as np
import pytest
from PIL.Image import Image

import core.lenses
from core import hub, models
from core.arrays import Result
from core.checkpoints import ASSETS, rows
from core.errors import LoupeError
from core.params import Encoders, Examples, Gallery, Peers, Prompt, Rivals
from tests import tiny, tiny_rebuilding

EMBEDDED = [key for key, row in rows().items() if "/" not in row.source]
# Of all that is embedded, in megabytes, by tab; a new tab comes with its share.
BUDGET = {
    "CLIP": 64,
    "ViT": 4.5,
    "Swin": 5,
    "CNN": 13.5,
    "MAE": 5,
    "Autoencoders": 20,
    "GPT": 6,
    "BERT": 6,
    "Transformer": 7.5,
    "Diffusion": 23.9,
    "unCLIP": 11.9,
    "Video": 4.18,
}
TINY = {"clip": ["clip", "siglip", "dual", "hybrid"], "align": ["align"]}
for kind, (family, _) in tiny.OTHERS.items():
    TINY.setdefault(family, []).append(kind)
# A family's tiny checkpoint that has no such parts as others of the family have, by the lens that looks for them.
REFUSED = {("unclip", "dit_attention"): "U-Net", ("unclip", "adaln_scales"): "U-Net"}


def lenses() -> dict[str, Any]:
    """Each lens's function: the one that is named like its module."""
    names = [module.name for module in pkgutil.iter_modules(core.lenses.__path__)]
    return {name: getattr(importlib.import_module(f"core.lenses.{name}"), name) for name in names}


def capability(lens: Any) -> type:
    """What the lens needs of its model: its first parameter."""
    return get_type_hints(lens)[next(iter(inspect.signature(lens).parameters))]


@pytest.mark.parametrize("key", rows())
def test_a_row_is_complete(key):
    row = rows()[key]
    assert row.family in models.families()
    assert set(row.parts.values()) <= set(rows()), "a part is no row"
    assert row.tab and row.title and row.licence and row.megabytes > 0 and row.parameters > 0
    assert re.fullmatch(r"\d{4}\.\d{4,5}", row.paper)
    assert row.about.endswith(".") and row.about.count(". ") == 0, "about is one sentence"
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*", key), "the key stands in the page's address"
    assert row.folder if key in EMBEDDED else re.fullmatch(hub.HUB_ID, row.source)


def test_keys_and_sources_are_named_once():
    sources = [row.source for row in rows().values()]
    titles = [row.title for row in rows().values()]
    assert len(set(sources)) == len(sources) and len(set(titles)) == len(titles)


@pytest.mark.parametrize("key", EMBEDDED)
def test_an_embedded_row_is_here_and_as_large_as_it_says(key):
    row = rows()[key]
    assert hub.is_here(row) and not hub.is_pickled(hub.folder(row))
    assert hub.disk_bytes(row) / 1e6 == pytest.approx(row.megabytes, rel=0.05)


def test_the_embedded_checkpoints_keep_to_their_budget():
    for tab in {rows()[key].tab for key in EMBEDDED}:
        taken = sum(hub.disk_bytes(rows()[key]) for key in EMBEDDED if rows()[key].tab == tab)
        assert taken <= BUDGET[tab] * 1e6
    strays = {folder.name for folder in (ASSETS / "checkpoints").iterdir()} - {rows()[k].source for k in EMBEDDED}
    assert not strays, "folders that no row names"


@pytest.mark.parametrize("key", EMBEDDED)
def test_an_embedded_row_loads_and_has_the_parameters_it_says(key):
    model = models.load(key, "cpu")
    assert model.checkpoint is rows()[key]
    count = sum(parameter.numel() for parameter in model._network.parameters())
    assert count / 1e6 == pytest.approx(model.checkpoint.parameters, rel=0.01)


def test_every_family_has_a_tiny_checkpoint_to_be_tried_on():
    assert set(TINY) == set(models.families())


@pytest.mark.parametrize("kind", [kind for kinds in TINY.values() for kind in kinds])
def test_every_family_runs_every_lens_it_serves(kind, tmp_path):
    checkpoint = tiny.make(kind, tmp_path / kind)
    model: Any = models.families()[checkpoint.family].load(checkpoint, "cpu")
    served = 0
    for name_of, lens in lenses().items():
        wanted = capability(lens)
        assert isinstance(model, wanted) == models.serves(checkpoint.family, wanted)
        if not models.serves(checkpoint.family, wanted):
            continue
        hints = get_type_hints(lens)
        inputs = {name: tiny.pictures()[1] for name, hint in hints.items() if hint is Image}
        inputs |= {name: ["a cat", "a red apple"] for name in hints if name == "texts"}
        inputs |= {name: "a red cat" for name, hint in hints.items() if hint is Prompt}
        inputs |= {name: {"square": tiny.pictures()[0]} for name, hint in hints.items() if hint is Examples}
        inputs |= {name: Rivals({"itself": model}) for name, hint in hints.items() if hint in (Rivals, Peers)}
        inputs |= {name: tiny_rebuilding.Sample(tiny.pictures()) for name, hint in hints.items() if hint is Gallery}
        if judged := [name for name, hint in hints.items() if hint is Encoders]:
            judge = models.families()["clip"].load(tiny.make("clip", tmp_path / f"judge-{lens.__name__}"), "cpu")
            inputs |= {name: Encoders({"judge": judge}) for name in judged}
        if "language" in hints and hasattr(model, "languages"):
            inputs["language"] = model.languages()[-1]
        if (kind, name_of) in REFUSED:
            with pytest.raises(LoupeError, match=REFUSED[kind, name_of]):
                list(answers if inspect.isgenerator(answers := lens(model, **inputs)) else [answers])
            continue
        *_, result = answers if inspect.isgenerator(answers := lens(model, **inputs)) else [answers]
        assert isinstance(result, Result)
        values = [
            part for field in vars(result).values() for part in (field if isinstance(field, list) else [field])
        ]
        arrays = [value for value in values if isinstance(value, np.ndarray)]
        assert arrays and all(np.isfinite(array).all() for array in arrays)
        served += 1
    assert served
