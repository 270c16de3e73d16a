"""What the families of language models share to trace an answer back to the words of the text."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.capabilities import Attribution
from core.language import LanguageModel

SHOWN, STEPS = 8, 32


@dataclass(frozen=True)
class Question:
    """What is asked of a network: tokens in, one of them or the next one out.

    ids: the tokens read. fixed: which of them are no words to be traced to. places, open, place: see Attribution.
    given: what the family needs beside the tokens.
    """

    ids: list[int]
    fixed: list[bool]
    places: tuple[str, ...]
    open: list[bool]
    place: int
    given: Any = None


class Explained(LanguageModel):
    """A family says what is asked (``_question``) and what the network answers to vectors (``_answers``)."""

    def attribution(self, text: str, place: int | None = None, answer: int | None = None) -> Attribution:
        """Gradient × input and integrated gradients of the logarithm of one answer's probability.

        A place that cannot be asked for is taken as none: then it is the model's own question, and its likeliest
        answer. answer: a number of the vocabulary.
        """
        import torch

        from core.nets.attribution import gradient_times_input, integrated_gradients

        names = self.pieces(text)
        asked = self._question(text, place)
        if asked.place != place:
            answer = None
        with torch.no_grad():
            vectors = self._network.get_input_embeddings()(self._tensor([asked.ids])[0])
            fixed = torch.tensor(asked.fixed, device=self.device)[:, None]
            baseline = torch.where(fixed, vectors, self._nothing())
            odds = self._answers(asked, vectors[None])[0].float().softmax(-1)
        best = odds.topk(min(SHOWN, len(odds))).indices.tolist()
        chosen = best[0] if answer is None else answer
        numbers = [chosen, *(number for number in best if number != chosen)][:SHOWN]

        def logarithm(moved: Any) -> Any:
            return self._answers(asked, moved).float().log_softmax(-1)[:, chosen]

        def of_the_text(values: Any) -> np.ndarray:
            whole = np.zeros(len(names.ids))
            whole[: len(values)] = values.cpu().numpy()
            return whole

        with torch.no_grad():
            ends = logarithm(torch.stack([vectors, baseline])).tolist()
        return Attribution(
            tokens=names.texts,
            added=names.added,
            places=asked.places,
            open=np.array(asked.open),
            place=asked.place,
            answers=tuple(self._vocabulary[number] for number in numbers),
            numbers=np.array(numbers),
            chances=odds[numbers].cpu().numpy(),
            gradient=of_the_text(gradient_times_input(logarithm, vectors, baseline)),
            integrated=of_the_text(integrated_gradients(logarithm, vectors, baseline, STEPS)),
            whole=ends[0],
            bare=ends[1],
        )

    def _nothing(self) -> Any:
        """The vector in place of a word that is not there, [dim] or a number."""
        return 0.0

    def _question(self, text: str, place: int | None) -> Question:
        raise NotImplementedError

    def _answers(self, asked: Question, vectors: Any) -> Any:
        """Logits [text label] where it was asked, from the words' vectors [text token dim]."""
        raise NotImplementedError
