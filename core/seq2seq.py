"""What the encoder-decoders share: an encoder's view of the text, and a decoder that writes word by word."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.capabilities import Translation
from core.errors import LoupeError
from core.explained import Explained, Question

SHOWN = 8  # alternatives to each word


class Seq2Seq(Explained):
    """Reads the text with a word or tag in front that names the language to write."""

    def languages(self) -> tuple[str, ...]:
        """Into which languages, by their English names."""
        return tuple(self._prefixes())

    def translate(self, text: str, language: str) -> str:
        """The whole text at once, the likeliest token each time."""
        *_, last = self.translation(text, language)
        return last.text

    def translation(self, text: str, language: str) -> Iterator[Translation]:
        """Token by token, with the decoder's attention to source and target, up to the end token or the window."""
        import torch

        if language not in self._prefixes():
            raise LoupeError(
                "{title} does not write {language}. It writes: {known}.",
                title=self.checkpoint.title,
                language=language,
                known=", ".join(self.languages()),
            )
        source = self._prefixes()[language] + text if text.strip() else text
        ids = self._check(text, self._plain_numbers(source))
        names = tuple(self._vocabulary[number].strip() or self._vocabulary[number] for number in ids)
        given = self._tensor([ids])
        config = self._network.config
        written: list[int] = []
        chances, others = [], []
        with torch.inference_mode():
            encoded = self._network.get_encoder()(input_ids=given)
        most = min(self._window - 1, 3 * len(ids) + 10)
        while not written or (written[-1] != config.eos_token_id and len(written) < most):
            # The next step may run in another thread, and the mode belongs to the thread: no result is told within it.
            with torch.inference_mode():
                outputs = self._network(
                    encoder_outputs=encoded,
                    attention_mask=torch.ones_like(given),
                    decoder_input_ids=self._tensor([[config.decoder_start_token_id, *written]]),
                    output_attentions=True,
                )
                logits = outputs.logits[0, -1].float()
                logits[config.pad_token_id] = -torch.inf  # padding is no word; the libraries forbid it too
                best = logits.softmax(-1).topk(SHOWN)
            written.append(int(best.indices[0]))
            chances.append(best.values.cpu().numpy())
            others.append(tuple(self._vocabulary[number] for number in best.indices.tolist()))
            yield Translation(
                source=names,
                numbers=np.array(written),
                target=tuple(self._vocabulary[number] for number in written),
                text=self._tokenizer.decode(written, skip_special_tokens=True),
                weights=self._joined(outputs.cross_attentions),
                own=self._joined(outputs.decoder_attentions),
                alternatives=tuple(others),
                chances=np.stack(chances),
                done=written[-1] == config.eos_token_id or len(written) >= most,
            )

    def _question(self, text: str, place: int | None) -> Question:
        """A token of the translation into the first language, from the text and the tokens before it."""
        pieces = self.pieces(text)
        *_, whole = self.translation(text, self.languages()[0])
        numbers = whole.numbers.tolist()
        place = place if place is not None and 0 <= place < len(numbers) else 0
        return Question(
            pieces.ids.tolist(),
            pieces.added.tolist(),
            whole.target,
            [True] * len(numbers),
            place,
            [self._network.config.decoder_start_token_id, *numbers[:place]],
        )

    def _answers(self, asked: Question, vectors: Any) -> Any:
        before = self._tensor([asked.given]).expand(len(vectors), -1)
        logits = self._network(inputs_embeds=self._scale * vectors, decoder_input_ids=before).logits[:, -1]
        return logits.index_fill(-1, self._tensor([self._network.config.pad_token_id])[0], -1e9)

    def _prefixes(self) -> dict[str, str]:
        """What stands before a text, by the language to write."""
        raise NotImplementedError

    @property
    def _scale(self) -> float:
        """What the encoder multiplies its words' vectors by."""
        return 1.0

    @property
    def _body(self) -> Any:
        return self._network.get_encoder()

    def _plain_numbers(self, text: str) -> list[int]:
        return super()._numbers(text)

    def _numbers(self, text: str) -> list[int]:
        """For a look into the encoder alone the text is read as it is for the first language."""
        return self._plain_numbers(self._first + text)

    def _names(self, text: str, ids: Any) -> tuple[str, ...]:
        return super()._names(self._first + text, ids)

    @property
    def _first(self) -> str:
        return next(iter(self._prefixes().values()), "")

    def _joined(self, attentions: Any) -> np.ndarray:
        import torch

        layers = [layer for layer in attentions or () if layer is not None]
        if not layers:
            raise LoupeError("{title} shows no attention. Choose another model.", title=self.checkpoint.title)
        return torch.cat(layers).float().cpu().numpy()
