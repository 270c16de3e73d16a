"""The page: a tab a family, in it the panels it serves; and the one handler between controls and figures."""

import functools
import html
import importlib
import inspect
import logging
import pkgutil
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import gradio as gr
from gradio.events import EventListenerMethod, set_cancel_events
from PIL.Image import Image

from core.capabilities import DualEncoder
from core.checkpoints import Checkpoint, catalogue, find
from core.errors import LoupeError
from core.params import Encoders, Examples, Gallery, Peers, Progress, Prompt, Rivals
from webapp import address, controls, downloads, figure, inputs, reports, strip
from webapp.listeners import AT_ONCE, QUIET
from webapp.panel import Panel, panels
from webapp.translations import t

log = logging.getLogger(__name__)

BAR = """
<div class="bar"><span class="ring" aria-hidden="true"></span><h1>Loupe</h1>
<p class="tagline">see language–vision models at work</p><span class="space"></span>
<select class="language" aria-label="Language">
<option value="en">English</option><option value="zh">中文</option></select>
<button class="theme" aria-label="Light or dark" title="Light or dark">◐</button>
<button class="share">Share this view</button></div>
"""
NOTHING = "No checkpoint"


def create_demo() -> gr.Blocks:
    """The whole page; the browser makes what stands in a tab when it is first opened."""
    places = tab_modules()
    with gr.Blocks(title="Loupe", fill_width=True, analytics_enabled=False) as demo:
        demo.queue(max_size=64, default_concurrency_limit=2, api_open=False)  # each call makes all that stands anew
        gr.HTML(BAR, js_on_load=None, elem_id="bar")
        common = strip.build()
        settings = address.Settings()
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            for module in (m for m in places if m.PLACE == "first"):
                with gr.Tab(module.TITLE, id=module.TITLE):
                    module.build(common)
            for title in dict.fromkeys(row.tab for row in catalogue().values()):
                with gr.Tab(title, id=title):
                    family(title, common, settings)
            for module in (m for m in places if m.PLACE == "last"):
                with gr.Tab(module.TITLE, id=module.TITLE):
                    module.build(common)

        def restore(request: gr.Request) -> list[Any]:
            return [*strip.restore(request), *settings.restore(request)]

        restored = demo.load(restore, None, [*common.components, *settings.components], **AT_ONCE)
        restored.then(None, common.components, None, js=strip.TELL, **QUIET)  # from now on the cards ask
    return demo


def tab_modules() -> list[ModuleType]:
    """The tabs with a layout of their own: each module of webapp/tabs."""
    package = importlib.import_module("webapp.tabs")
    return [importlib.import_module(f"webapp.tabs.{m.name}") for m in pkgutil.iter_modules(package.__path__)]


def family(title: str, common: strip.Strip, settings: address.Settings) -> None:
    """A family's tab: which checkpoints, and a card for each panel that one of them can serve."""
    rows = [row for row in catalogue().values() if row.tab == title]
    choices = [(label(row), row.key) for row in rows]
    with gr.Row(elem_classes="pickers"):
        first = gr.Dropdown(choices, value=rows[0].key, label="Model", elem_classes="picker")
        second = gr.Dropdown(
            [("compare with…", NOTHING), *choices], value=NOTHING, label="Beside it", elem_classes="picker"
        )
    settings.keep(title, {"model": first, "beside": second})
    downloads.below([first, second], common.language)
    about = gr.HTML(describe(rows[0].key, "en"), js_on_load=None, elem_classes="about")
    gr.on(
        [first.change, common.language.change],
        describe,
        [first, common.language],
        about,
        **AT_ONCE,
    )
    with gr.Row(elem_classes="cards"):
        for panel in panels().values():
            if serves(rows, panel):
                card(panel, title, [first, second], common, settings)


def serves(rows: list[Checkpoint], panel: Panel) -> bool:
    from core import models

    return any(models.serves(family, panel.capability) for family in {row.family for row in rows})


def label(row: Checkpoint) -> str:
    return f"{row.title} · {'embedded' if row.folder else f'{row.megabytes:.0f} MB · needs a download'}"


def describe(key: str, language: str) -> str:
    if key not in catalogue():
        return ""
    row = find(key)
    parts = [t(row.about, language), f"{row.parameters:.1f} M", row.licence]
    said = " · ".join(f"<span>{html.escape(part)}</span>" for part in parts)
    if row.paper:
        paper = html.escape(row.paper)
        said += f' · <a href="https://arxiv.org/abs/{paper}" target="_blank" rel="noopener">arXiv {paper}</a>'
    tries = (f'<button class="chip" data-say="{html.escape(one)}">{html.escape(one)}</button>' for one in row.say)
    return f"<p>{said}</p>" + (f'<p class="tries">{"".join(tries)}</p>' if row.say else "")


def card(
    panel: Panel, tab: str, pickers: list[gr.Dropdown], common: strip.Strip, settings: address.Settings
) -> None:
    """One card: title, what is seen, how to read it, controls, figure; wired to the handler."""
    summary, reading = panel.help
    with gr.Column(elem_classes="card", min_width=320):
        gr.HTML(
            f"<h2>{panel.title}</h2><p>{summary}</p>"
            f"<details><summary>How to read this</summary><p>{reading}</p></details>",
            js_on_load=None,
            elem_classes="card-head",
        )
        own = [p for p in list(panel.parameters.values())[1:] if controls.is_control(p)]
        with gr.Row(elem_classes="controls"):
            made = {parameter.name: controls.control(parameter) for parameter in own}
        drawn = figure.component(panel.key, f"{tab}.{panel.key}".replace(" ", "-"))
    picked = [name for name, control in made.items() if control.visible == "hidden"]
    values = [*pickers, common.image, common.prompt, common.language, *made.values()]
    options: dict[str, Any] = {
        "inputs": values,
        "outputs": drawn,
        "concurrency_id": "long" if panel.long else "quick",
        "trigger_mode": "always_last",
        **QUIET,
    }
    working = [
        listen(functools.partial(answers, name, panel.key), **options)
        for name, listen in {"run": drawn.run, "anew": drawn.anew}.items()
    ]
    set_cancel_events([EventListenerMethod(drawn, "cancel")], working)
    if picked:
        drawn.pick(
            figure.picked(picked),
            None,
            [made[name] for name in picked],
            **AT_ONCE,
        )
    settings.keep(f"{tab}.{panel.key}", made)


def answers(event: str, key: str, *values: Any) -> Iterator[dict]:
    """The handler's payloads with the event that asked for them: two may be at work, and the older be ready last."""
    yield from (payload | {"event": event} for payload in run(key, *values))


def run(key: str, first: str, second: str, image: str, prompt: str, language: str, *values: Any) -> Iterator[dict]:
    """The one handler: values of the page -> payloads for the figure, one for each result as it comes."""
    panel, drawings = panels()[key], []
    size = "no picture"
    try:
        picture = inputs.picture(image)
        size = f"a picture of {picture.width} x {picture.height}"
        given = {"prompt": controls.clean(prompt), "image": picture}
        asked = {inputs.able(one, panel.capability): one for one in (second, first) if one != NOTHING}
        for checkpoint, chosen in reversed(asked.items()):
            before, streamed = list(drawings), 0
            for made in compute(panel, checkpoint, given, values):
                if "progress" in made:
                    yield made
                    continue
                if chosen != checkpoint:
                    made["instead"] = find(chosen).title
                drawings, streamed = [*before, made], streamed + 1
                yield {"drawings": drawings, "more": inspect.isgeneratorfunction(panel.lens)}
            if streamed and inspect.isgeneratorfunction(panel.lens):
                yield {"drawings": drawings}
    except LoupeError as error:
        log.info("%s: %s", key, error)
        yield {"drawings": drawings, "error": t(error.template, language, **error.values)}
    except Exception:
        told = f"{first} and {second}, {size} ({image[:80]}), {len(prompt)} characters, {str(values)[:200]}"
        log.exception("%s with %s", key, told)
        yield {"drawings": drawings, "error": t("Something went wrong here. The log has the details.", language)}


def compute(panel: Panel, checkpoint: str, given: dict[str, Any], values: tuple[Any, ...]) -> Iterator[dict]:
    """Lens and view with one model: a drawing for each result, {"progress"} in between."""
    from core import models

    parameters = list(panel.parameters.values())[1:]
    own = [parameter for parameter in parameters if controls.is_control(parameter)]
    arguments = {p.name: controls.argument(p, value) for p, value in zip(own, values, strict=True)}
    arguments |= {p.name: given["image"] for p in parameters if p.annotation is Image}
    arguments |= {p.name: given["prompt"] for p in parameters if p.annotation is Prompt}
    arguments |= {p.name: inputs.example_pictures() for p in parameters if p.annotation is Examples}
    reporter = next((p.name for p in parameters if p.annotation == Progress), None)
    with models.use(checkpoint) as model:
        row = model.checkpoint
        if not isinstance(model, panel.capability):
            others = inputs.titles(row.tab, panel.capability)
            raise LoupeError("{model} cannot be asked this. Choose: {others}.", model=row.title, others=others)
        same = panel.capability
        for annotation, tab, capability in (
            (Rivals, row.tab, same),
            (Peers, None, same),
            (Encoders, None, DualEncoder),
        ):
            asked = [p.name for p in parameters if p.annotation is annotation]
            arguments |= {name: inputs.rivals(tab, capability) for name in asked}
        arguments |= {p.name: inputs.Sample(row.version) for p in parameters if p.annotation is Gallery}
        spent, start = 0.0, time.perf_counter()
        for result in reports.results(panel.lens, model, arguments, reporter):
            if isinstance(result, reports.Report):
                yield {"progress": {"done": result.done, "total": result.total}}
                continue
            spent += time.perf_counter() - start
            yield figure.drawing(panel.view(result), row.title, row.version, spent)
            start = time.perf_counter()
