"""The drawings of words: their bytes come back, and what the browser computes is what the lens computes."""

import base64
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.capabilities import Translation
from core.lenses.attention_steps import Steps, attend
from core.lenses.next_token import NextToken
from core.sampling import chances
from webapp.figure import drawing
from webapp.panels.attention_steps import tables
from webapp.panels.next_token import bars
from webapp.panels.translate import alignment
from webapp.words import floats

STATIC = Path(__file__).parent.parent / "webapp" / "static"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(not NODE, reason="no node to run the page's scripts")


def run(kind: str, code: str, data: object) -> Any:
    """What the code returns with this kind's module as ``kind`` and the data as ``data``."""
    module = (STATIC / "kinds" / f"{kind}.js").as_uri()
    words = (STATIC / "language" / "words.js").as_uri()
    script = (
        f"const kind = await import('{module}'), words = await import('{words}');"
        "let text = ''; for await (const part of process.stdin) text += part;"
        f"const data = JSON.parse(text); console.log(JSON.stringify((() => {{ {code} }})()));"
    )
    done = subprocess.run(
        [str(NODE), "--input-type=module", "--experimental-default-type=module", "-e", script],
        input=json.dumps(data), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_arrays_come_back_from_their_bytes():
    array = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    packed = floats(array)
    found = np.frombuffer(base64.b64decode(packed["bytes"]), packed["type"]).reshape(packed["shape"])
    np.testing.assert_array_equal(found, array)
    with pytest.raises(ValueError, match="no numbers"):
        floats(np.array([np.nan]))


@needs_node
@pytest.mark.parametrize("digits", ["<f4", "<f2"])
def test_the_browser_reads_them(digits):
    array = np.concatenate([np.random.default_rng(0).normal(size=50), [0, -1e-6, 6e4, -0.0]]).astype(digits)
    found = run("next", "return Array.from(words.floats(data));", floats(array, digits))
    np.testing.assert_allclose(found, array, rtol=1e-6)


@needs_node
@pytest.mark.parametrize(("temperature", "top_k", "top_p"), [(1, 0, 1), (0.5, 7, 1), (1.7, 0, 0.6), (0.8, 20, 0.9)])
def test_the_browser_cuts_as_the_engine_does(temperature, top_k, top_p):
    logits = -np.sort(-np.random.default_rng(0).normal(0, 3, 60))
    given = {"logits": logits.tolist(), "t": temperature, "k": top_k, "p": top_p}
    found = run("next", "return kind.chances(data.logits, data.t, data.k, data.p).odds;", given)
    np.testing.assert_allclose(found, chances(logits, temperature, top_k, top_p), atol=1e-9)


@needs_node
@pytest.mark.parametrize("causal", [True, False])
def test_the_browser_attends_as_the_engine_does(causal):
    rng = np.random.default_rng(0)
    queries, keys, values = rng.normal(size=(3, 5, 4))
    bias = rng.normal(size=(5, 5))
    head = {"queries": queries, "keys": keys, "values": values, "bias": bias}
    given = {name: array.tolist() for name, array in head.items()} | {"divisor": 2.0, "masked": causal}
    found = run("steps", "return kind.steps(data, {scaled: true, masked: data.masked});", given)
    weights = attend(queries, keys, 2.0, causal, bias)
    np.testing.assert_allclose(found["weights"], weights, atol=1e-6)
    np.testing.assert_allclose(found["mixed"], weights @ values, atol=1e-6)
    np.testing.assert_allclose(found["products"], queries @ keys.T, atol=1e-9)


def test_bars_are_named_from_the_likeliest_down():
    logits = np.array([0.5, 3.0, -1.0], np.float32)
    made = drawing(
        bars(NextToken(("a", "b"), np.array([0.25]), np.array([], int), ("x", " y", "z"), logits)), "m", "v", 0
    )
    assert made["names"] == [" y", "x", "z"] and made["numbers"] == [1, 0, 2]
    sent = np.frombuffer(base64.b64decode(made["logits"]["bytes"]), "<f4")
    np.testing.assert_array_equal(sent, [3, 0.5, -1])
    assert json.loads(json.dumps(made))["expected"] == [0.25]


def test_every_head_travels():
    array = np.zeros((2, 3, 4, 5), np.float32)
    result = Steps(tuple("abcd"), array, array, array, np.zeros((2, 3, 4, 4)), np.zeros((2, 4, 15)), 2.0, True)
    made = tables(result).packed()
    assert made["queries"]["shape"] == [2, 3, 4, 5] and "bias" not in made
    assert len(json.dumps(made)) < 5_000


def test_a_long_translation_travels_small_and_its_heads_come_with_the_end():
    length, heads = 300, (6, 8)
    weights = np.full((*heads, length, length), 1 / length, np.float32)
    made = Translation(
        source=("a",) * length, target=("b",) * length, numbers=np.zeros(length, int), text="b", weights=weights,
        own=np.tril(weights), alternatives=(("b", "c"),) * length, chances=np.full((length, 2), 0.5), done=False,
    )  # fmt: skip
    while_writing, at_the_end = (alignment(replace(made, done=done)).packed() for done in (False, True))
    assert while_writing["weights"]["shape"] == while_writing["own"]["shape"] == [1, 1, 96, 96]
    assert at_the_end["weights"]["shape"] == [*heads, 96, 96]
    assert len(json.dumps(while_writing)) < 100_000 < len(json.dumps(at_the_end)) < 3_000_000
    assert at_the_end["before"][:2] == ["[start]", "b"]
