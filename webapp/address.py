"""The settings of the page's cards in its address: ?CLIP.model=demo-clip&CLIP.attention_rollout.fusion=max."""

import json
from typing import Any

import gradio as gr

from webapp.listeners import QUIET
from webapp.translations import LANGUAGES, t

LONGEST = 2_000
TELL = """(...values) => {
    window.dispatchEvent(new CustomEvent("loupe-settings", {detail: [%s, values]}));
}"""


class Settings:
    """The controls whose values stand in the address, by name, each with its value at the start."""

    def __init__(self) -> None:
        self.controls: dict[str, Any] = {}

    @property
    def components(self) -> list[Any]:
        return list(self.controls.values())

    def keep(self, place: str, controls: dict[str, Any]) -> None:
        """From now on changes of these controls are told to the page's script, which writes the address."""
        if not controls:
            return
        named = {f"{place}.{name}": control for name, control in controls.items()}
        self.controls |= named
        starts = json.dumps({name: control.value for name, control in named.items()})
        parts = list(named.values())
        gr.on([part.change for part in parts], None, parts, None, js=TELL % starts, **QUIET)

    def restore(self, request: gr.Request) -> list[Any]:
        """A value for each control that the address names and that can take it; the others stay as they are."""
        asked = dict(request.query_params)
        language = asked.get("lang", "en")
        found = []
        for name, control in self.controls.items():
            value = value_of(control, asked[name]) if name in asked else gr.skip()
            if isinstance(control, gr.Dropdown) and language in LANGUAGES and language != "en":
                chosen = value if isinstance(value, str) else control.value
                value = gr.update(choices=said(control.choices, language), value=chosen)
            found.append(value)
        return found


def said(choices: Any, language: str) -> list[tuple[str, Any]]:
    """The choices with each part of their labels in this language; an input's text is out of the page's reach."""
    return [(" · ".join(t(part, language) for part in label.split(" · ")), value) for label, value in choices]


def value_of(control: Any, text: str) -> Any:
    """The text of an address as the control's value, or gr.skip() where it is none."""
    text = text[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    if isinstance(control, gr.Slider):
        try:
            number = float(text)
        except ValueError:
            return gr.skip()
        inside = control.minimum <= number <= control.maximum
        return (type(control.value)(number) if isinstance(control.value, int) else number) if inside else gr.skip()
    if isinstance(control, gr.Checkbox):
        return text == "true"
    if isinstance(control, gr.Radio | gr.Dropdown):
        known = [value for _, value in control.choices]
        return next((value for value in known if str(value) == text), gr.skip())
    return text
