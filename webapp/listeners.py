"""What every listener of the page has in common."""

from typing import Any

# The figures tell themselves how far they are. Without a component to show it on, the library's page would look for
# every output of every listener, in a tree of all that the page has, each time that any of them answers.
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "show_progress_on": []}
AT_ONCE: dict[str, Any] = {**QUIET, "queue": False}
