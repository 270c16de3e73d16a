"""One head's tables, computed in the browser from queries, keys and values."""

from core.lenses.attention_steps import Steps, attention_steps
from webapp.panel import Panel
from webapp.words import Drawn, floats


def tables(result: Steps) -> Drawn:
    """Every head's queries, keys and values to three digits, and the model's own weights to compare with."""
    content = {
        "tokens": list(result.tokens),
        "divisor": result.divisor,
        "causal": result.causal,
        "queries": floats(result.queries, "<f2"),
        "keys": floats(result.keys, "<f2"),
        "values": floats(result.values, "<f2"),
        "weights": floats(result.weights, "<f2"),
        "outputs": floats(result.outputs, "<f2"),
    }
    if result.bias is not None:
        content["bias"] = floats(result.bias, "<f2")
    return Drawn("steps", content)


PANEL = Panel("Attention, step by step", attention_steps, tables, rank=4)
