"""The Explore tab: a collection as a map of pictures and captions, and the pictures nearest to the page's input."""

import gradio as gr

from webapp.explore import answers
from webapp.listeners import AT_ONCE
from webapp.strip import Strip

TITLE = "Explore"
PLACE = "first"
LIBRARY = "clipart"
CHECKPOINT = "demo-clip"

ANSWERS = ("opening", "stopping", "wording", "search", "pair", "finding", "layout")

MOUNT = """
const base = new URL(".", document.baseURI).href.replace(/\\/$/, "");
const settings = {base, library: props.library, checkpoint: props.checkpoint, strip: props.strip};
import(base + "/loupe/static/explore/explore.js").then((module) => module.mount(element, settings, server,
    (name, data) => trigger(name, data)));
"use";
"""


def build(strip: Strip) -> None:
    """Puts the tab together; its script opens the collection and hears of the strip's changes in the browser."""
    tab = gr.HTML(
        html_template="<div></div>",
        js_on_load=MOUNT,
        apply_default_css=False,
        elem_classes="explore",
        library=LIBRARY,
        checkpoint=CHECKPOINT,
        strip=[strip.prompt.value, strip.image.value, strip.language.value],
        server_functions=[getattr(answers, name) for name in ANSWERS],
    )
    tab.use(_reference, None, strip.image, **AT_ONCE)


def _reference(event: gr.EventData) -> str:
    return str(event.reference)[:300]
