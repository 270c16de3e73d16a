"""The input strip: one picture and one sentence for every tab, and the page's language."""

import json
from dataclasses import dataclass

import gradio as gr

from webapp.inputs import examples
from webapp.listeners import AT_ONCE, QUIET
from webapp.translations import LANGUAGES

PICTURE, SENTENCE = "example:apple", "a red apple"
CHIPS = ("a red apple", "a sleepy animal", "红色的苹果")
LONGEST = 2_000

MOUNT = """
const base = new URL(".", document.baseURI).href.replace(/\\/$/, "");
import(base + "/loupe/static/strip.js").then((module) => module.mount(element, {base, examples: props.examples,
    chips: props.chips, reference: props.value}, (name, data) => trigger(name, data),
    (see) => watch("value", () => see(props.value))));
"choose"; "say";
"""
TELL = f"""(...strip) => {{
    window.loupeStrip = strip;
    window.loupeStart = {json.dumps([SENTENCE, PICTURE])};
    window.dispatchEvent(new CustomEvent("loupe-strip", {{detail: strip}}));
}}"""


@dataclass(frozen=True)
class Strip:
    """prompt: the sentence. image: a reference (webapp.inputs). language: "en" or "zh"."""

    prompt: gr.Textbox
    image: gr.Textbox
    language: gr.Textbox

    @property
    def components(self) -> list[gr.Textbox]:
        return [self.prompt, self.image, self.language]


def build() -> Strip:
    """The strip; in the browser each change is told by a "loupe-strip" event with [sentence, image, language]."""
    with gr.Row(elem_id="strip"):
        shown = gr.HTML(
            PICTURE,
            html_template="<div class='strip-picture'></div>",
            js_on_load=MOUNT,
            examples=list(examples()),
            chips=CHIPS,
            elem_id="strip-picture",
        )
        prompt = gr.Textbox(
            SENTENCE,
            placeholder="Type a sentence",
            show_label=False,
            label="Sentence",
            max_length=LONGEST,
            container=False,
            elem_id="strip-sentence",
        )
    image = gr.Textbox(PICTURE, visible="hidden", label="Picture", elem_id="strip-image")
    language = gr.Textbox("en", visible="hidden", label="Language", elem_id="strip-language")
    shown.choose(_chosen, None, image, **AT_ONCE)
    shown.say(_said, None, prompt, **AT_ONCE)
    image.change(lambda reference: reference, image, shown, **AT_ONCE)
    strip = Strip(prompt, image, language)
    gr.on([part.change for part in strip.components], None, strip.components, None, js=TELL, **QUIET)
    return strip


def restore(request: gr.Request) -> tuple[str, str, str]:
    """Sentence, picture and language out of the page's address; whatever does not fit there is left as it was."""
    asked = dict(request.query_params)
    language = asked.get("lang", "")
    return (
        asked.get("text", SENTENCE)[:LONGEST].encode("utf-8", "replace").decode("utf-8"),
        asked.get("image", PICTURE)[:300],
        language if language in LANGUAGES else "en",
    )


def _chosen(event: gr.EventData) -> str:
    return str(event.reference)[:300]


def _said(event: gr.EventData) -> str:
    return str(event.sentence)[:LONGEST]
