"""Windows on the picture."""

from core.lenses.window_attention import WindowView, window_attention
from webapp.panel import Panel
from webapp.windows import WindowMaps


def windows(result: WindowView) -> WindowMaps:
    """Every block's windows, the chosen token's one lit by its attention."""
    return WindowMaps(result)


PANEL = Panel("Windows that shift", window_attention, windows)
