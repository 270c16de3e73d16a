"""Bringing checkpoints of the hub here and taking them away again, below a tab's pickers."""

import html
from collections.abc import Iterator
from contextlib import closing

import gradio as gr

from core import hub
from core.checkpoints import Checkpoint, find, rows
from core.errors import LoupeError
from webapp.listeners import AT_ONCE, QUIET
from webapp.translations import t

ACT = """
element.addEventListener("click", (event) => {
    const {act, key} = event.target.closest("button[data-act]")?.dataset ?? {};
    if (act) trigger(act, {key});
});
"begin"; "stop"; "drop";
"""
AGAIN = "() => { window.dispatchEvent(new Event('loupe-again')); }"


def below(pickers: list[gr.Dropdown], language: gr.Textbox) -> None:
    """A line for each picked checkpoint that does not come with Loupe: where it is, and what can be done about it."""
    shown = gr.HTML("", js_on_load=ACT, elem_classes="downloads")
    picked = [*pickers, language]
    gr.on([picker.change for picker in pickers], lines, picked, shown, **AT_ONCE)
    coming = shown.begin(begun, picked, shown, concurrency_id="download", **QUIET)
    coming.then(None, js=AGAIN, **QUIET)
    shown.stop(lines, picked, shown, cancels=[coming], **AT_ONCE)
    shown.drop(dropped, picked, shown, **AT_ONCE)


def lines(first: str, second: str, language: str, instead: dict[str, str] | None = None) -> str:
    """A line of HTML for each of the picked checkpoints. instead: by key, a line in place of its own."""
    picked = [find(key) for key in dict.fromkeys((first, second)) if key in rows()]
    told = {row.key: line(row, language) for row in picked if not row.folder} | (instead or {})
    return "".join(told.values())


def line(row: Checkpoint, language: str, problem: str = "") -> str:
    """Where the checkpoint is, what went wrong with it, and buttons for what can be done."""
    absent, taken = missing(row), hub.disk_bytes(row) / 1e6
    if not absent:
        text = t("On this machine: {megabytes:.0f} MB.", language, megabytes=taken)
    else:
        size = sum(one.megabytes for one in absent)
        text = t("Not on this machine: {megabytes:.0f} MB to download.", language, megabytes=size)
        if parts := [one.title for one in absent if one is not row]:
            text += " " + t("{parts} belongs to it.", language, parts=", ".join(parts))
        if taken >= 1:
            text += " " + t("{megabytes:.0f} MB of it are here.", language, megabytes=taken)
    acts = {"begin": "Download"} if absent else {}
    acts |= {"drop": "Remove from disk"} if taken else {}
    return _line(row, f"<span>{html.escape(text)}</span>", acts, language, problem)


def missing(row: Checkpoint) -> list[Checkpoint]:
    """What of the checkpoint and of the others that are loaded with it is not on this machine."""
    return [one for one in (row, *map(find, row.parts.values())) if not hub.is_here(one)]


def begun(event: gr.EventData, first: str, second: str, language: str) -> Iterator[str]:
    """The lines while the clicked checkpoint and its parts are downloaded, step by step, and after it."""
    row, problem = find(str(event.key)), ""
    try:
        for one in missing(row):
            with closing(hub.download(one)) as steps:  # pyright: ignore[reportArgumentType]  a generator
                for step in steps:
                    share = step.done / max(step.total, 1)
                    text = t("{done:.0f} of {total:.0f} MB", language, done=step.done / 1e6, total=step.total / 1e6)
                    text = html.escape(text if one is row else f"{one.title}: {text}")
                    bar = f"<progress value='{share:.4f}' aria-label='{text}'></progress><span>{text}</span>"
                    yield lines(first, second, language, {row.key: _line(row, bar, {"stop": "Cancel"}, language)})
    except LoupeError as error:
        problem = t(error.template, language, **error.values)
    yield lines(first, second, language, {row.key: line(row, language, problem)})


def dropped(event: gr.EventData, first: str, second: str, language: str) -> str:
    """The lines after the clicked checkpoint was taken from the disk."""
    row, problem = find(str(event.key)), ""
    try:
        hub.remove(row)
    except LoupeError as error:
        problem = t(error.template, language, **error.values)
    return lines(first, second, language, {row.key: line(row, language, problem)})


def _line(row: Checkpoint, said: str, acts: dict[str, str], language: str, problem: str = "") -> str:
    key = html.escape(row.key)
    buttons = (
        f"<button data-act='{act}' data-key='{key}'>{t(name, language)}</button>" for act, name in acts.items()
    )
    error = f"<span class='error'>{html.escape(problem)}</span>" if problem else ""
    return f"<p><b>{html.escape(row.title)}</b>{said}{''.join(buttons)}{error}</p>"
