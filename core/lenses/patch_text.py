"""Words found in the patches of a picture, without training for it.

The patches are put into the joint space by the value path of the last layer (MaskCLIP: Zhou et al. 2022, arXiv
2112.01071); words meet patches one by one as in FILIP's late interaction (Yao et al. 2021, arXiv 2111.07783).
"""

import re
from dataclasses import dataclass

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Floats, Result
from core.capabilities import PatchTextEncoder
from core.errors import LoupeError
from core.images import cropped
from core.params import Prompt

WORD = re.compile(r"[\u3400-\u9fff]|(?:(?![\u3400-\u9fff])[\w'’-])+")
MOST = 24
IDLE = frozenset("a an the of in on at and or with to is are for by from 一 个 只 的 和 在 是 了 张 着".split())


@dataclass(frozen=True)
class PatchText(Result):
    """cosine: of the whole sentence (first) and of each word with each patch.

    late: FILIP's two sides of the picture's score: the mean over the words of their best patch, and the other way.
    """

    image: Image
    texts: tuple[str, ...]
    cosine: Array[Floats, "text row column"]
    late: tuple[float, float]


def patch_text(model: PatchTextEncoder, image: Image, prompt: Prompt) -> PatchText:
    """Which patches lie near the sentence, and near each of its words by itself.

    Hover or click a word (in Chinese a character): its map. In the last layer (demo-clip: in all three) each patch
    hands on what it holds itself instead of mixing with the others, so it can be compared with a text. No model
    here was trained to place words: take bright patches as a hint. Each map has its own scale; where a word is not
    in the picture the differences are small, see the bar.
    """
    words = [word for word in WORD.findall(prompt) if word.lower() not in IDLE][:MOST]
    if not prompt.strip():
        raise LoupeError("The sentence is empty. Type a few words above.")
    texts = [prompt, *words]
    patches = model.embed_patches(image)
    cosine = np.einsum("rcd,td->trc", patches.vectors, model.embed_texts(texts)).astype(np.float32)
    each = cosine[1:] if words else cosine
    late = float(each.max(axis=(1, 2)).mean()), float(each.max(axis=0).mean())
    seen = cropped(image, patches.box)
    return PatchText(seen, tuple(texts), cosine, late)
