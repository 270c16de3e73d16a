"""Paged: what a view returns where a list chooses which pictures are seen; the browser turns the pages."""

from dataclasses import dataclass
from typing import Any

from webapp.pictures import Pictures


@dataclass(frozen=True)
class Paged:
    """pages: a name each, with the same pictures by name, of which the first ``shared`` are sent with one page alone.

    label: what the list chooses.
    """

    label: str
    names: tuple[str, ...]
    pages: tuple[Pictures, ...]
    shared: int = 0

    def packed(self) -> dict[str, Any]:
        first, *others = (page.packed() for page in self.pages)
        for page in others:
            page["pictures"] = page["pictures"][self.shared :]
        return {
            "kind": "paged",
            "label": self.label,
            "names": list(self.names),
            "pages": [first, *others],
            "shared": self.shared,
        }
