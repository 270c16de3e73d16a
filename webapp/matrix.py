"""Matrix: what a view returns for pictures against sentences; the browser redoes the softmax."""

from dataclasses import dataclass

from PIL.Image import Image

from core.arrays import Array, Floats, Result
from webapp.heat import jpeg

SIDE = 96


@dataclass(frozen=True)
class Matrix(Result):
    """values: cosines of pictures (rows) and sentences (columns); the n-th belongs to the n-th."""

    names: tuple[str, ...]
    pictures: tuple[Image, ...]
    texts: tuple[str, ...]
    values: Array[Floats, "image text"]
    temperature: float

    def packed(self) -> dict:
        """For the browser: small pictures as JPEG, the numbers as they are."""
        return {
            "kind": "matrix",
            "names": list(self.names),
            "pictures": [jpeg(picture, SIDE)[0] for picture in self.pictures],
            "texts": list(self.texts),
            "values": [[round(float(x), 5) for x in row] for row in self.values],
            "temperature": self.temperature,
        }
