"""Parameters become controls; their values become arguments, or a message."""

import inspect
from collections.abc import Sequence
from typing import Annotated, Literal

import gradio as gr
import pytest

from core.errors import LoupeError
from core.params import Lines, Range
from webapp.controls import argument, control


def parameter(annotation, default):
    return inspect.Parameter("some_name", inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


NUMBER = parameter(Annotated[float, Range(0.0, 0.9, 0.1, "share")], 0.3)
TEXTS = parameter(Annotated[Sequence[str], Lines(3)], ("a", "b"))
CHOICE = parameter(Literal["mean", "max"], "mean")
SWITCH = parameter(bool, True)


@pytest.mark.parametrize(
    ("given", "kind", "value"),
    [
        (NUMBER, gr.Slider, 0.3),
        (TEXTS, gr.Textbox, "a\nb"),
        (CHOICE, gr.Radio, "mean"),
        (SWITCH, gr.Checkbox, True),
    ],
)
def test_each_annotation_has_its_control_at_the_default(given, kind, value):
    made = control(given)
    assert isinstance(made, kind) and made.value == value
    assert str(made.label).startswith("some name")


def test_an_annotation_without_a_control_is_a_bug():
    with pytest.raises(TypeError, match="some_name"):
        control(parameter(dict, {}))


@pytest.mark.parametrize(
    ("given", "value", "expected"),
    [(NUMBER, 0, 0.0), (TEXTS, " one \n\n two", ["one", "two"]), (CHOICE, "max", "max"), (SWITCH, 1, True)],
)
def test_values_become_arguments(given, value, expected):
    assert argument(given, value) == expected


@pytest.mark.parametrize(
    ("given", "value", "message"),
    [
        (NUMBER, 1.5, "between 0.0 and 0.9, not 1.5"),
        (NUMBER, "<b>", "not <b>"),
        (NUMBER, float("nan"), "not nan"),
        (TEXTS, "a\nb\nc\nd", "4 lines are too many: at most 3"),
        (TEXTS, "x" * 301, "longer than 300"),
        (CHOICE, "sum", "one of mean, max, not 'sum'"),
    ],
)
def test_what_no_control_gives_is_refused_by_name(given, value, message):
    with pytest.raises(LoupeError, match=message):
        argument(given, value)
