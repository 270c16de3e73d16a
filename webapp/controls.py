"""A lens's parameter as a control of the page, and the control's value as the lens's argument."""

import inspect
import typing
from typing import Any, Literal

import gradio as gr
from PIL.Image import Image

from core.errors import LoupeError
from core.params import Encoders, Examples, Gallery, Lines, Peers, Picked, Progress, Prompt, Range, Rivals

GIVEN = (Image, Prompt, Progress, Examples, Rivals, Peers, Encoders, Gallery)
LONGEST_LINE = 300


def is_control(parameter: inspect.Parameter) -> bool:
    """Whether the parameter is set beside the panel, not by the input strip or the handler."""
    return parameter.annotation not in GIVEN


def control(parameter: inspect.Parameter) -> gr.Slider | gr.Textbox | gr.Radio | gr.Checkbox:
    """The control that the annotation asks for, at the parameter's default."""
    kind, extra = annotated(parameter.annotation)
    label, value = parameter.name.replace("_", " "), parameter.default
    if isinstance(extra, Range):
        label += f" ({extra.unit})" if extra.unit else ""
        return gr.Slider(extra.low, extra.high, value=value, step=extra.step, label=label, buttons=[])
    if isinstance(extra, Lines):
        return gr.Textbox(
            "\n".join(value),
            label=f"{label}, one a line" if extra.most > 1 else label,
            lines=min(extra.most, 3),
            max_lines=min(extra.most, 8),
        )
    if isinstance(extra, Picked):
        return gr.Textbox(value, visible="hidden", label=label)
    if typing.get_origin(kind) is Literal:
        return gr.Radio(list(typing.get_args(kind)), value=value, label=label, elem_classes="segmented")
    if kind is bool:
        return gr.Checkbox(value=value, label=label)
    raise TypeError(f"No control for the parameter {parameter.name}: {parameter.annotation}.")


def argument(parameter: inspect.Parameter, value: Any) -> Any:
    """What the lens gets for a control's value. Raises LoupeError for a value that the control cannot give."""
    kind, extra = annotated(parameter.annotation)
    if isinstance(extra, Range):
        if not isinstance(value, int | float) or not extra.low <= value <= extra.high:
            raise LoupeError(
                "{name} must lie between {low} and {high}, not {value}.",
                name=parameter.name,
                low=extra.low,
                high=extra.high,
                value=str(value)[:40],
            )
        return kind(value)
    if isinstance(extra, Picked):
        return clean(value)[: extra.most]
    if isinstance(extra, Lines):
        lines = [line.strip() for line in clean(value).splitlines() if line.strip()]
        if len(lines) > extra.most:
            raise LoupeError("{count} lines are too many: at most {most}.", count=len(lines), most=extra.most)
        if long := next((line for line in lines if len(line) > LONGEST_LINE), None):
            raise LoupeError(
                "The line {line!r} is longer than {most} characters.", line=long[:40], most=LONGEST_LINE
            )
        return lines
    if typing.get_origin(kind) is Literal and value not in typing.get_args(kind):
        raise LoupeError(
            "{name} is one of {choices}, not {value!r}.",
            name=parameter.name,
            choices=", ".join(map(str, typing.get_args(kind))),
            value=str(value)[:40],
        )
    return bool(value) if kind is bool else value


def clean(value: Any) -> str:
    """Text of the page that any encoder takes: half a surrogate pair becomes a question mark."""
    return str(value or "").encode("utf-8", "replace").decode("utf-8")


def annotated(annotation: Any) -> tuple[Any, Any]:
    """(type, what stands beside it in Annotated) of an annotation."""
    if typing.get_origin(annotation) is typing.Annotated:
        kind, *extras = typing.get_args(annotation)
        return kind, extras[0]
    return annotation, None
