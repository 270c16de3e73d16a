"""Colours for figures, and how the page is dressed when it is served."""

import html

import plotly.graph_objects as go
from gradio.themes import Base

from webapp.translations import STATIC

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#7A7A7A")
ACCENT = "#5B6AE8"


def figure(*traces: go.Bar | go.Heatmap | go.Scatter, height: int = 320, **layout: object) -> go.Figure:
    """A figure of these traces; the browser adds the colours of the reader's theme."""
    drawn = go.Figure(list(traces))
    drawn.update_layout(template="none", height=height, showlegend=False, **layout)  # pyright: ignore[reportArgumentType]
    return drawn


def plain(text: str, longest: int = 42) -> str:
    """A user's text for a label of plotly, which reads some tags: escaped, and cut where it is long."""
    return html.escape(text if len(text) <= longest else text[: longest - 1] + "…", quote=False)


def dress() -> dict:
    """What gradio's mount and launch take: theme, style sheet, script."""
    head = (
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<script type="module">const base = new URL(".", document.baseURI).href.replace(/\\/$/, "");'
        'import(base + "/loupe/static/page.js");</script>'
    )
    theme = Base(font=["Inter Variable", "Inter", "system-ui", "sans-serif"], radius_size="md")
    css = "".join((STATIC / name).read_text("utf-8") for name in ("style.css", "kinds.css"))
    return {"theme": theme, "css": css, "head": head}
