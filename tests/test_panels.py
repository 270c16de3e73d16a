"""Every view draws what its lens answers; what it draws is safe in the browser."""

import base64
import json

import numpy as np
import pytest
from PIL import Image

from core.lenses.attention_rollout import Rollout
from core.lenses.text_similarity import TextSimilarity
from webapp.figure import drawing
from webapp.heat import HeatMaps
from webapp.panel import panels
from webapp.panels.attention_rollout import heatmap
from webapp.panels.text_similarity import bars


def test_every_module_is_a_panel_with_a_text_that_explains_it():
    assert {"text_similarity", "attention_rollout"} <= set(panels())
    for panel in panels().values():
        summary, reading = panel.help
        assert summary.endswith(".") and len(reading) > 80, panel.key
        assert panel.view.__doc__


def test_bars_stand_from_the_unlikely_to_the_likely():
    texts = ("low", "high", "<b>mid</b>")
    cosine, probability = np.array([0.1, 0.5, 0.3]), np.array([0.1, 0.6, 0.3])
    figure = bars(TextSimilarity(texts, cosine, probability, 0.05))
    (trace,) = json.loads(figure.to_json(engine="json"))["data"]
    x = np.frombuffer(base64.b64decode(trace["x"]["bdata"]), trace["x"]["dtype"])
    assert x.tolist() == [0.1, 0.3, 0.6]
    assert figure.layout.yaxis.ticktext == ("low", "&lt;b&gt;mid&lt;/b&gt;", "high")
    assert "cos 0.500" in trace["text"][2]


def test_heat_maps_come_back_from_their_bytes():
    maps = np.random.default_rng(0).random((2, 3, 4)).astype(np.float32)
    packed = heatmap(Rollout(Image.new("RGB", (800, 400)), maps)).packed()
    levels = np.frombuffer(base64.b64decode(packed["levels"]), np.uint8).reshape(packed["shape"]) / 255
    low, high = (np.array(packed[end])[:, None, None] for end in ("low", "high"))
    np.testing.assert_allclose(low + levels * (high - low), maps, atol=1 / 255)
    assert packed["size"] == [512, 256] and packed["names"] == ["1", "2"]


def test_a_flat_map_is_drawn_too():
    packed = HeatMaps(Image.new("RGB", (4, 4)), np.full((1, 2, 2), 0.25, np.float32), ("1",), "layer", "x").packed()
    assert packed["low"] == packed["high"] == [0.25]


def test_a_drawing_is_json_and_says_what_made_it():
    figure = bars(TextSimilarity(("a",), np.array([0.1]), np.array([1.0]), 0.05))
    made = drawing(figure, "demo", "abc", 0.25)
    assert json.loads(json.dumps(made))["model"] == "demo" and made["kind"] == "plotly"
    with pytest.raises(TypeError, match="int"):
        drawing(3, "demo", "abc", 0.1)
