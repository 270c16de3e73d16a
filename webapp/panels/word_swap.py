"""Words as bars of what they change."""

import plotly.graph_objects as go

from core.lenses.word_swap import WordSwap, word_swap
from webapp.panel import Panel
from webapp.style import OKABE_ITO, figure, plain


def bars(result: WordSwap) -> go.Figure:
    """A bar a word: cosine with it minus cosine without. Below them: cosine with each replacement minus cosine."""
    names = [plain(word, 16) for word in result.words]
    names[result.chosen] = f"<b>{names[result.chosen]}</b>"
    rows = [
        (name, result.cosine - float(x), "with − without") for name, x in zip(names, result.without, strict=True)
    ]
    rows += [
        (
            f"{plain(result.words[result.chosen], 12)} → {plain(text, 14)}",
            float(x) - result.cosine,
            "swapped − typed",
        )
        for text, x in zip(result.replacements, result.instead, strict=True)
    ]
    values = [value for _, value, _ in rows][::-1]
    reach = max(0.02, *(abs(value) for value in values)) * 1.5
    bar = go.Bar(
        x=values,
        y=list(range(len(rows))),
        orientation="h",
        marker_color=[OKABE_ITO[0] if value >= 0 else OKABE_ITO[5] for value in values],
        text=[f" {value:+.3f} " for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertext=[kind for _, _, kind in rows][::-1],
        hovertemplate="%{hovertext}: %{x:+.4f}<extra></extra>",
    )
    return figure(
        bar,
        height=110 + 34 * len(rows),
        bargap=0.45,
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": [name for name, _, _ in rows][::-1],
            "automargin": True,
            "showgrid": False,
            "zeroline": False,
        },
        xaxis={
            "range": [-reach, reach],
            "tickformat": "+.2f",
            "nticks": 5,
            "zeroline": True,
            "title": {"text": f"change of the cosine<br>whole sentence · {result.cosine:.3f}", "standoff": 14},
            "automargin": True,
        },
    )


PANEL = Panel("Word by word", word_swap, bars, rank=4)
