"""The one figure component: draws what a view returned, with the card's foot, and tells of events."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import gradio as gr
import plotly.graph_objects as go


@runtime_checkable
class Drawing(Protocol):
    """What a view may return in place of a plotly figure."""

    def packed(self) -> dict[str, Any]:
        """JSON for static/kinds/<kind>.js, with "kind" in it."""
        ...


MOST_PICKED = 20_000
MOUNT = """
const base = new URL(".", document.baseURI).href.replace(/\\/$/, "");
const settings = {base, key: props.key_name, place: props.place};
import(base + "/loupe/static/figure.js").then((module) => module.mount(element, settings,
    (name, data) => trigger(name, data), (see) => {see(props.value); watch("value", () => see(props.value));}));
"run"; "anew"; "cancel"; "pick";
"""


def component(key: str, place: str) -> gr.HTML:
    """An empty figure of the card that has this place in the page's address.

    Its value is a payload: {"progress"} or {"drawings": [...], "error"?, "more"?}, with the event that asked for it.

    Events: run when it is seen and the strip has changed, anew when a setting has, cancel when the reader stops the
    work, pick (name, value) when the reader clicks or paints in it.
    """
    return gr.HTML(
        None,
        html_template="<div class='figure' role='group'></div>",
        js_on_load=MOUNT,
        key_name=key,
        place=place,
        elem_classes="figure-block",
        min_height=240,
    )


def drawing(view: Any, model: str, version: str, seconds: float) -> dict[str, Any]:
    """What a view returned, ready for the browser, with what made it. view: go.Figure or Drawing."""
    if isinstance(view, go.Figure):
        drawn = {"kind": "plotly", "figure": view.to_json(engine="json")}
    elif isinstance(view, Drawing):
        drawn = view.packed()
    else:
        raise TypeError(f"A view returns a go.Figure or a Drawing, not {type(view).__name__}.")
    return drawn | {"model": model, "version": version, "seconds": round(seconds, 4)}


def picked(names: list[str]) -> Callable[[gr.EventData], Any]:
    """A handler: what the reader set in the figure, for the control of that name; the others stay as they are."""

    def told(event: gr.EventData) -> Any:
        found = [str(event.value)[:MOST_PICKED] if event.name == name else gr.skip() for name in names]
        return found if len(found) > 1 else found[0]

    return told
