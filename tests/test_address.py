"""Settings out of an address: only what a control can take."""

from types import SimpleNamespace

import gradio as gr
import pytest

from webapp.address import Settings, value_of

SKIP = gr.skip()


@pytest.mark.parametrize(
    ("control", "text", "wanted"),
    [
        (gr.Slider(0, 1, value=0.5), "0.25", 0.25),
        (gr.Slider(0, 9, value=3), "4.0", 4),
        (gr.Slider(0, 1, value=0.5), "1.5", SKIP),
        (gr.Slider(0, 1, value=0.5), "nan", SKIP),
        (gr.Slider(0, 1, value=0.5), "<script>", SKIP),
        (gr.Radio(["mean", "max"], value="mean"), "max", "max"),
        (gr.Radio(["mean", "max"], value="mean"), "maximum", SKIP),
        (gr.Dropdown([("A model", "a"), ("B", "b")], value="a"), "b", "b"),
        (gr.Dropdown([("A model", "a"), ("B", "b")], value="a"), "A model", SKIP),
        (gr.Checkbox(value=False), "true", True),
        (gr.Textbox("a"), "two\nlines \ud800", "two\nlines ?"),
    ],
)
def test_a_value_is_taken_or_left(control, text, wanted):
    assert value_of(control, text) == wanted


def test_the_address_names_some_of_the_controls():
    with gr.Blocks():
        settings = Settings()
        settings.keep("CLIP", {"model": gr.Dropdown(["a", "b"], value="a")})
        settings.keep("CLIP.rollout", {"discard": gr.Slider(0, 1, value=0.0), "fusion": gr.Radio(["x", "y"])})
    asked = SimpleNamespace(query_params={"CLIP.rollout.discard": "0.3", "CLIP.model": "none", "other": "1"})
    assert settings.restore(asked) == [SKIP, 0.3, SKIP]


def test_choices_are_said_in_the_readers_language():
    with gr.Blocks():
        settings = Settings()
        settings.keep("A", {"model": gr.Dropdown([("a model · embedded", "a"), ("b", "b")], value="a")})
        settings.keep("A.b", {"c": gr.Checkbox()})
    told, _ = settings.restore(SimpleNamespace(query_params={"lang": "zh", "A.model": "b"}))
    assert told["choices"] == [("a model · 内置", "a"), ("b", "b")] and told["value"] == "b"
