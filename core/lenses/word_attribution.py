"""Which words an answer is owed to: gradient × input (Shrikumar et al. 2016), integrated gradients (Sundararajan 2017).

arXiv 1605.01713 and 1703.01365.
"""

from typing import Annotated

from core.capabilities import Attribution, WordAttribution
from core.errors import LoupeError
from core.params import Picked, Prompt


def word_attribution(
    model: WordAttribution, prompt: Prompt, asked: Annotated[str, Picked(200)] = ""
) -> Attribution:
    """Which words of the sentence speak for one answer of the model, and which against it.

    Click a place in the upper line to ask for it, and one of the bars to ask for another answer there. Orange words
    made the answer likelier, blue ones less likely, in logarithms of its probability. Integrated gradients start
    from words that say nothing (vectors of zeros, or padding) and add up to the whole change; gradient × input
    looks at the sentence alone, is cruder and does not add up. Both tell what the answer hangs on in this model,
    not whether it is right; a word and its neighbours can share the credit in many ways.
    """
    place, _, answer = asked.partition(":")
    if place and not (place.isdecimal() and len(place) < 6):
        raise LoupeError("A place of the sentence is a number, not {place!r}.", place=place[:40])
    vocabulary = model.vocabulary()
    number = vocabulary.index(answer) if answer in vocabulary else None
    return model.attribution(prompt, int(place) if place else None, number)
