"""Every card on words, from the text to the drawing: what is asked of it in any script, in one token, in a novel."""

import inspect
import json
from typing import Any, get_type_hints

import pytest

from core import models
from core.arrays import Result
from core.errors import LoupeError
from core.params import Gallery, Peers, Prompt, Rivals
from tests import tiny, tiny_rebuilding
from webapp.figure import drawing
from webapp.panel import Panel, panels

KINDS = ("bert", "gpt", "marian", "t5")
ODD = {
    "one token": "a",
    "one word": "cat",
    "emoji": "🚀",
    "a family": "👩‍👩‍👧 🏳️‍🌈",
    "Chinese": "一只红色的猫",
    "right to left": "שלום עולם مرحبا",
    "turned": "a \u202eder\u202c cat",
    "accents": "naïve cafe\u0301 Straße",
    "marks alone": "?! — …",
    "markup": "<b>cat</b> &amp; <script>",
    "own tokens": "[MASK] [SEP] </s> <|endoftext|> a cat",
    "lines": "a cat\n\ta dog\r\n",
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """The tiny random models by kind."""
    made: dict[str, Any] = {}
    for kind in KINDS:
        checkpoint = tiny.make(kind, tmp_path_factory.mktemp("checkpoints") / kind)
        made[kind] = models.families()[checkpoint.family].load(checkpoint, "cpu")
    return made


def cards(family: str) -> list[Panel]:
    found = [panel for panel in panels().values() if models.serves(family, panel.capability)]
    return [panel for panel in found if Prompt in get_type_hints(panel.lens).values()]


def drawn(panel: Panel, model: Any, text: str) -> dict[str, Any]:
    """What would travel to the browser. Raises what the lens raises."""
    inputs: dict[str, Any] = {}
    for name, hint in get_type_hints(panel.lens).items():
        if hint is Prompt:
            inputs[name] = Prompt(text)
        elif hint is Gallery:
            inputs[name] = tiny_rebuilding.Sample(tiny.pictures())
        elif hint in (Rivals, Peers):
            inputs[name] = hint({})
        elif name == "texts":
            inputs[name] = ["a dog"]
    if "language" in panel.parameters and hasattr(model, "languages"):
        inputs["language"] = model.languages()[-1]
    *_, result = answers if inspect.isgenerator(answers := panel.lens(model, **inputs)) else [answers]
    assert isinstance(result, Result)
    return drawing(panel.view(result), "tiny", "0", 0.0)


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("kind", KINDS)
def test_any_text_is_drawn_or_refused_in_words(asked, kind, text):
    model, answered = asked[kind], []
    for panel in cards(kind):
        try:
            sent = drawn(panel, model, text)
        except LoupeError as error:
            assert str(error).endswith("."), panel.key
            continue
        assert json.loads(json.dumps(sent, allow_nan=False))["kind"], panel.key
        answered.append(panel.key)
    assert {"token_heads", "attention_steps"} <= set(answered)
    if text.strip(" ?!—…"):
        missing = {panel.key for panel in cards(kind)} - set(answered)
        assert not missing, missing


@pytest.mark.parametrize("text", ["", " \n\t", "a cat " * 20_000], ids=["empty", "blank", "novel"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_and_a_novel_are_refused_in_words(asked, kind, text):
    for panel in cards(kind):
        with pytest.raises(LoupeError, match=r"empty|tokens"):
            drawn(panel, asked[kind], text)


@pytest.mark.parametrize("text", ["猫" * 100_000, "x" * 100_000], ids=["Chinese", "one word"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_one_token_swallows_is_refused_or_travels_cut(asked, kind, text):
    for panel in cards(kind):
        try:
            sent = drawn(panel, asked[kind], text)
        except LoupeError as error:
            assert "tokens" in str(error), panel.key
            continue
        assert len(json.dumps(sent)) < 200_000, panel.key
