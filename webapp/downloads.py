"""Bringing a checkpoint of the hub here and taking it away again, beside its picker."""

import html
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import gradio as gr

from core import hub
from core.checkpoints import find, rows
from core.errors import LoupeError
from webapp.translations import t

AGAIN = "() => { window.dispatchEvent(new Event('loupe-again')); }"
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def beside(picker: gr.Dropdown, language: gr.Textbox) -> None:
    """A line that says where the picked checkpoint is, with what can be done about it."""
    with gr.Row(elem_classes="download"):
        said = gr.HTML(visible=False, js_on_load=None, elem_classes="download-state")
        start = gr.Button("Download", visible=False, size="sm")
        stop = gr.Button("Cancel", visible=False, size="sm")
        away = gr.Button("Remove from disk", visible=False, size="sm")
    shown = [said, start, stop, away]
    picker.change(state, [picker, language], shown, queue=False, **QUIET)
    coming = start.click(fetch, [picker, language], shown, concurrency_id="download", **QUIET)
    coming.then(None, js=AGAIN, **QUIET)
    stop.click(state, [picker, language], shown, cancels=[coming], queue=False, **QUIET)
    away.click(remove, [picker, language], shown, queue=False, **QUIET)


def state(key: str, language: str, problem: str = "") -> list[Any]:
    """Updates of (text, Download, Cancel, Remove) for this checkpoint."""
    if key not in rows():
        return [gr.update(visible=False)] * 4
    row = find(key)
    here, taken = hub.is_here(row), hub.disk_bytes(row) / 1e6
    if row.folder:
        text = ""
    elif here:
        text = t("On this machine: {megabytes:.0f} MB.", language, megabytes=taken)
    else:
        text = t("Not on this machine: {megabytes:.0f} MB to download.", language, megabytes=row.megabytes)
        if taken >= 1:
            text += " " + t("{megabytes:.0f} MB of it are here.", language, megabytes=taken)
    lines = f"<p>{html.escape(text)}</p>" + (f"<p class='error'>{html.escape(problem)}</p>" if problem else "")
    missing = not here and not row.folder
    return [
        gr.update(value=lines, visible=bool(text or problem)),
        gr.update(visible=missing),
        gr.update(visible=False),
        gr.update(visible=not row.folder and taken > 0),
    ]


def fetch(key: str, language: str) -> Iterator[list[Any]]:
    """The download, step by step."""
    row, problem = find(key), ""
    try:
        with closing(hub.download(row)) as steps:  # pyright: ignore[reportArgumentType]  a generator
            for step in steps:
                share = step.done / max(step.total, 1)
                text = t("{done:.0f} of {total:.0f} MB", language, done=step.done / 1e6, total=step.total / 1e6)
                bar = (
                    f"<progress value='{share:.4f}' aria-label='{html.escape(text)}'></progress><span>{text}</span>"
                )
                yield [gr.update(value=bar, visible=True), *(gr.update(visible=v) for v in (False, True, False))]
    except LoupeError as error:
        problem = t(error.template, language, **error.values)
    yield state(key, language, problem)


def remove(key: str, language: str) -> list[Any]:
    try:
        hub.remove(find(key))
    except LoupeError as error:
        return state(key, language, t(error.template, language, **error.values))
    return state(key, language)
