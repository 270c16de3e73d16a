"""Bringing a checkpoint of the hub here and taking it away again, beside its picker."""

import html
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from core import hub
from core.checkpoints import Checkpoint, find, rows
from core.errors import LoupeError
from webapp.listeners import AT_ONCE, QUIET
from webapp.translations import t

AGAIN = "() => { window.dispatchEvent(new Event('loupe-again')); }"


def beside(picker: gr.Dropdown, language: gr.Textbox) -> None:
    """A line that says where the picked checkpoint is, with what can be done about it."""
    with gr.Row(elem_classes="download"):
        said = gr.HTML(visible=False, js_on_load=None, elem_classes="download-state")
        start = gr.Button("Download", visible=False, size="sm")
        stop = gr.Button("Cancel", visible=False, size="sm")
        away = gr.Button("Remove from disk", visible=False, size="sm")
    shown = [said, start, stop, away]
    picker.change(state, [picker, language], shown, **AT_ONCE)
    coming = start.click(fetch, [picker, language], shown, concurrency_id="download", **QUIET)
    coming.then(None, js=AGAIN, **QUIET)
    stop.click(state, [picker, language], shown, cancels=[coming], **AT_ONCE)
    away.click(remove, [picker, language], shown, **AT_ONCE)


def state(key: str, language: str, problem: str = "") -> list[Any]:
    """Updates of (text, Download, Cancel, Remove) for this checkpoint."""
    if key not in rows():
        return [gr.update(visible=False)] * 4
    row = find(key)
    absent, taken = missing(row), hub.disk_bytes(row) / 1e6
    if row.folder:
        text = ""
    elif not absent:
        text = t("On this machine: {megabytes:.0f} MB.", language, megabytes=taken)
    else:
        size = sum(one.megabytes for one in absent)
        text = t("Not on this machine: {megabytes:.0f} MB to download.", language, megabytes=size)
        if parts := [one.title for one in absent if one is not row]:
            text += " " + t("{parts} belongs to it.", language, parts=", ".join(parts))
        if taken >= 1:
            text += " " + t("{megabytes:.0f} MB of it are here.", language, megabytes=taken)
    lines = f"<p>{html.escape(text)}</p>" + (f"<p class='error'>{html.escape(problem)}</p>" if problem else "")
    return [
        gr.update(value=lines, visible=bool(text or problem)),
        gr.update(visible=bool(absent) and not row.folder),
        gr.update(visible=False),
        gr.update(visible=not row.folder and taken > 0),
    ]


def missing(row: Checkpoint) -> list[Checkpoint]:
    """What of the checkpoint and of the others that are loaded with it is not on this machine."""
    return [one for one in (row, *map(find, row.parts.values())) if not hub.is_here(one)]


def fetch(key: str, language: str) -> Iterator[list[Any]]:
    """The download of the checkpoint and of its parts, step by step."""
    row, problem = find(key), ""
    try:
        for one in missing(row):
            with closing(hub.download(one)) as steps:  # pyright: ignore[reportArgumentType]  a generator
                for step in steps:
                    share = step.done / max(step.total, 1)
                    text = t("{done:.0f} of {total:.0f} MB", language, done=step.done / 1e6, total=step.total / 1e6)
                    text = html.escape(text if one is row else f"{one.title}: {text}")
                    bar = f"<progress value='{share:.4f}' aria-label='{text}'></progress><span>{text}</span>"
                    shown = (gr.update(visible=v) for v in (False, True, False))
                    yield [gr.update(value=bar, visible=True), *shown]
    except LoupeError as error:
        problem = t(error.template, language, **error.values)
    yield state(key, language, problem)


def remove(key: str, language: str) -> list[Any]:
    try:
        hub.remove(find(key))
    except LoupeError as error:
        return state(key, language, t(error.template, language, **error.values))
    return state(key, language)
