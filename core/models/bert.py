"""BERT (Devlin et al. 2018, arXiv 1810.04805): masked words, and whether a sentence follows another."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.capabilities import Embedded, Expected, Positions
from core.errors import LoupeError
from core.explained import Explained, Question

ROWS = 32


class Bert(Explained):
    MODEL_TYPES: ClassVar[tuple[str, ...]] = ("bert",)
    TAB: ClassVar[str] = "BERT"
    AUTO: ClassVar[str] = "AutoModelForPreTraining"

    def fill(self, text: str, masked: Sequence[int] = ()) -> np.ndarray:
        """Logits [token label] where the tokens at these places are hidden."""
        import torch

        ids = self._read(text)
        if outside := [place for place in masked if not 0 <= place < len(ids)]:
            raise LoupeError(
                "There is no token {place} to hide: the sentence has {count}.", place=outside[0], count=len(ids)
            )
        for place in masked:
            ids[place] = self._tokenizer.mask_token_id
        with torch.inference_mode():
            return self._network(input_ids=self._tensor([ids])).prediction_logits[0].float().cpu().numpy()

    def expected(self, text: str) -> Expected:
        """From both sides, and from the left with all on the right hidden; the token itself is hidden.

        So are the later tokens of its word, which would give it away (Kauf & Ivanova 2023, arXiv 2305.10588).
        """
        import torch

        pieces, starts = self.pieces(text), self._starts(text)
        own = np.flatnonzero(~pieces.added)
        ids = np.repeat(pieces.ids[None], 2 * len(own), axis=0)  # [query token]
        words = [
            None if number is None else int(number) for number in self._tokenizer(text, verbose=False).word_ids()
        ]
        for row, n in enumerate(own):
            same = [m for m in own if m >= n and words[m] == words[n]]
            ids[row, same] = ids[len(own) + row, own[own >= n]] = self._tokenizer.mask_token_id
        logs = []
        with torch.inference_mode():
            for start in range(0, len(ids), ROWS):
                batch = self._tensor(ids[start : start + ROWS].tolist())
                at = torch.from_numpy(np.tile(own, 2)[start : start + ROWS])
                states = self._body(input_ids=batch).last_hidden_state[torch.arange(len(at)), at]
                found = self._network.cls.predictions(states).float().log_softmax(-1).cpu().numpy()
                logs.append(found[np.arange(len(at)), pieces.ids[at.numpy()]])
        return Expected(
            tuple(pieces.texts[n] for n in own),
            starts[own],
            ("both", "left"),
            np.concatenate(logs).reshape(2, -1),
        )

    def follows(self, text: str, candidates: Sequence[str]) -> np.ndarray:
        """[text] probability that each candidate comes after the text."""
        import torch

        for sentence in (text, *candidates):
            self._read(sentence)
        pairs = [(text, candidate) for candidate in candidates]
        inputs = self._tokenizer(pairs, padding=True, return_tensors="pt", verbose=False)
        if inputs["input_ids"].shape[1] > self._window:
            raise LoupeError(
                "The two sentences together have {count} tokens; {title} reads at most {window}. Shorten one.",
                count=inputs["input_ids"].shape[1],
                title=self.checkpoint.title,
                window=self._window,
            )
        # A tokenizer that was saved without BERT's class does not tell its segments to the network by itself.
        segments = [[n or 0 for n in inputs.sequence_ids(row)] for row in range(len(pairs))]
        ends = inputs["input_ids"].eq(self._tokenizer.sep_token_id).cumsum(1)
        second = torch.tensor(segments) | (ends.eq(2) & inputs["input_ids"].eq(self._tokenizer.sep_token_id)).long()
        with torch.inference_mode():
            logits = self._network(
                input_ids=inputs["input_ids"].to(self.device),
                attention_mask=inputs["attention_mask"].to(self.device),
                token_type_ids=second.to(self.device),
            ).seq_relationship_logits
        return logits.float().softmax(-1)[:, 0].cpu().numpy()

    def states(self, text: str) -> np.ndarray:
        """[layer token dim]: the embeddings and what each layer leaves of them."""
        import torch

        with torch.inference_mode():
            outputs = self._body(input_ids=self._tensor([self._read(text)]), output_hidden_states=True)
        return torch.cat(outputs.hidden_states).float().cpu().numpy()

    def unembed(self, states: np.ndarray) -> np.ndarray:
        """[... dim] to logits [... label] by the head for masked words."""
        import torch

        with torch.inference_mode():
            return self._network.cls.predictions(torch.from_numpy(states).to(self.device)).cpu().numpy()

    def positions(self) -> Positions:
        """One learnt vector a place."""
        table = self._body.embeddings.position_embeddings.weight
        return Positions(table.detach().float().cpu().numpy(), learned=True)

    def embedded(self, text: str) -> Embedded:
        """Word, place and segment (all of one text are in the first)."""
        ids = self._read(text)
        tables = self._body.embeddings
        rows = (
            tables.word_embeddings.weight[ids],
            tables.position_embeddings.weight[: len(ids)],
            tables.token_type_embeddings.weight[[0] * len(ids)],
        )
        parts = np.stack([row.detach().float().cpu().numpy() for row in rows])
        return Embedded(self._names(text, ids), ("word", "place", "segment"), parts)

    def _question(self, text: str, place: int | None) -> Question:
        """A token of the text that is hidden; without a place the last."""
        pieces = self.pieces(text)
        ids, fixed = pieces.ids.tolist(), pieces.added.tolist()
        own = [n for n, added in enumerate(fixed) if not added]
        if not own:
            raise LoupeError("A sentence is empty. Type at least one word.")
        place = place if place in own else own[-1]
        ids[place], fixed[place] = self._tokenizer.mask_token_id, True
        return Question(ids, fixed, pieces.texts, (~pieces.added).tolist(), place)

    def _answers(self, asked: Question, vectors: Any) -> Any:
        states = self._body(inputs_embeds=vectors).last_hidden_state
        return self._network.cls.predictions(states[:, asked.place])

    def _projectors(self) -> list[tuple[Any, ...]]:
        layers = [layer.attention for layer in self._body.encoder.layer]
        return [(a.self.query, a.self.key, a.self.value, a.output.dense) for a in layers]
