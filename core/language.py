"""What the families of language models share: a network, a tokenizer, one text in and numbers out."""

import functools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np

from core.capabilities import Attention, Pieces, Projections
from core.checkpoints import Checkpoint
from core.errors import LoupeError
from core.weights import size_bytes

BATCH = 32
LONGEST = 80  # letters of a token's name


class LanguageModel:
    """A network of transformers in exact weights; it keeps nothing between two calls but its vocabulary."""

    MODEL_TYPES: ClassVar[tuple[str, ...]] = ()
    TAB: ClassVar[str] = ""
    AUTO: ClassVar[str] = ""
    CAUSAL: ClassVar[bool] = False

    def __init__(self, checkpoint: Checkpoint, network: Any, tokenizer: Any, device: str):
        self.checkpoint = checkpoint
        self.device = device
        self._network = network.to(device)
        self._tokenizer = tokenizer
        config = network.config
        longest = getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", 512)
        self._window = min(int(tokenizer.model_max_length), int(longest))

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: str) -> Self:
        """Raises LoupeError where the checkpoint is not on this machine, damaged, or does not fit its class."""
        from core.nets import pretrained

        network = pretrained.network(checkpoint, cls.MODEL_TYPES, cls.AUTO)
        return cls(checkpoint, network, pretrained.tokenizer(checkpoint), device)

    @property
    def size_bytes(self) -> int:
        """Memory that the weights take."""
        return size_bytes(self._network)

    def window(self) -> int:
        """How many tokens the model reads at most."""
        return self._window

    def pieces(self, text: str) -> Pieces:
        """The tokens of the text. Raises LoupeError for an empty or too long text."""
        ids = self._read(text)
        made = self._tokenizer
        ends = {made.bos_token_id, made.eos_token_id}  # some use one token for the start and for what is unknown
        own = set(made.all_special_ids) - {made.mask_token_id} - ({made.unk_token_id} - ends)
        return Pieces(np.array(ids), self._names(text, ids), np.array([number in own for number in ids]))

    def vocabulary(self) -> tuple[str, ...]:
        """Every token as it reads, by its number."""
        return self._vocabulary

    def embed_texts(self, texts: list[str]) -> np.ndarray:
        """[text dim], unit length: the mean of what the last layer holds of a text's tokens.

        Raises LoupeError for an empty or too long text.
        """
        import torch

        ids = [self._read(text) for text in texts]
        order = sorted(range(len(ids)), key=lambda index: len(ids[index]))
        vectors: list[Any] = [None] * len(ids)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            longest = len(ids[batch[-1]])
            padded = self._tensor([ids[index] + [0] * (longest - len(ids[index])) for index in batch])
            mask = self._tensor([[n < len(ids[index]) for n in range(longest)] for index in batch]).long()
            with torch.inference_mode():
                states = self._body(input_ids=padded, attention_mask=mask).last_hidden_state.float()
                means = (states * mask[:, :, None]).sum(1)  # the length does not matter to a direction
                found = torch.nn.functional.normalize(means, dim=-1).cpu().numpy()
            for index, vector in zip(batch, found, strict=True):
                vectors[index] = vector
        return np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)

    def token_attention(self, text: str) -> Attention:
        """Self-attention among the tokens of the text, the added ones included; the encoder's if there are two."""
        import torch

        ids = self._read(text)
        with torch.inference_mode():
            outputs = self._body(input_ids=self._tensor([ids]), output_attentions=True)
        layers = [layer for layer in outputs.attentions or () if layer is not None]
        if not layers:
            raise LoupeError("{title} shows no attention. Choose another model.", title=self.checkpoint.title)
        return Attention(torch.cat(layers).float().cpu().numpy(), tokens=self._names(text, ids))

    def projections(self, text: str) -> Projections:
        """Queries, keys and values of every head, and what each layer's attention adds."""
        import torch

        ids = self._read(text)
        modules = [module for layer in self._projectors() for module in layer]
        with torch.inference_mode(), outputs_of(modules) as seen:
            self._body(input_ids=self._tensor([ids]))
        found = iter(seen)
        layers = [[next(found)[0].float().cpu().numpy() for _ in layer] for layer in self._projectors()]
        split = [
            [*np.split(fused, 3, axis=-1), out] if not rest else [fused, rest[0], rest[1], out]
            for fused, *rest, out in layers
        ]
        heads = self._heads()
        asked, keys, values = (np.stack([in_heads(layer[n], heads) for layer in split]) for n in range(3))
        return Projections(
            self._names(text, ids), asked, keys, values, np.stack([layer[3] for layer in split]),
            self._divisor(asked.shape[-1]), self.CAUSAL, self._bias(len(ids)),
        )  # fmt: skip

    def _starts(self, text: str) -> np.ndarray:
        """[token] where in the text each token begins. Raises LoupeError where the tokenizer does not tell."""
        if not self._tokenizer.is_fast:
            raise LoupeError("{title} does not tell where its tokens stand. Choose another model.",
                             title=self.checkpoint.title)  # fmt: skip
        spans = self._tokenizer(text, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        spaces = [len(text[start:end]) - len(text[start:end].lstrip()) for start, end in spans]
        return np.array([start + space for (start, _), space in zip(spans, spaces, strict=True)])

    @property
    def _body(self) -> Any:
        """The network that reads a text, without its heads."""
        return self._network.base_model

    def _projectors(self) -> list[tuple[Any, ...]]:
        """Of each layer the modules that give queries, keys, values (or the three in one) and the output."""
        raise NotImplementedError

    def _heads(self) -> int:
        return int(self._network.config.num_attention_heads)

    def _divisor(self, width: int) -> float:
        return float(np.sqrt(width))

    def _bias(self, length: int) -> np.ndarray | None:
        """What is added to the scores by place, [layer head token token]."""
        return None

    def _tensor(self, ids: Sequence[Sequence[int]]) -> Any:
        import torch

        return torch.tensor(ids, device=self.device)

    def _numbers(self, text: str) -> list[int]:
        return list(self._tokenizer(text, verbose=False)["input_ids"])

    def _read(self, text: str) -> list[int]:
        """The tokens' numbers, whole. Raises LoupeError for an empty or too long text."""
        return self._check(text, self._numbers(text))

    def _check(self, text: str, ids: list[int]) -> list[int]:
        if not text.strip():
            raise LoupeError("A sentence is empty. Type at least one word.")
        if len(ids) > self._window:
            raise LoupeError(
                "The sentence {text!r} has {count} tokens; {title} reads at most {window}. Shorten it.",
                text=text if len(text) <= 60 else text[:57] + "...",
                count=len(ids),
                title=self.checkpoint.title,
                window=self._window,
            )
        return ids

    def _names(self, text: str, ids: Sequence[int]) -> tuple[str, ...]:
        """The tokens as they read: pieces of the text itself, the vocabulary's names for the added ones.

        One token may stand for a whole unknown word, however long; its name is cut.
        """
        names = [self._vocabulary[number] for number in ids]
        if not self._tokenizer.is_fast:
            return tuple(name.strip() or name for name in names)
        spans = self._tokenizer(text, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        pieces = [text[start : min(end, start + LONGEST)].strip() for start, end in spans]
        return tuple(piece or name for piece, name in zip(pieces, names, strict=True))

    @functools.cached_property
    def _vocabulary(self) -> tuple[str, ...]:
        """As long as the network's own table: some have rows that no token uses."""
        size = self._network.get_input_embeddings().num_embeddings
        named = self._tokenizer.convert_ids_to_tokens(list(range(min(size, len(self._tokenizer)))))
        named += [f"<{number}>" for number in range(len(named), size)]
        return tuple(readable(name or f"<{number}>") for number, name in enumerate(named))


@contextmanager
def outputs_of(modules: list[Any]) -> Iterator[list[Any]]:
    """What each of these modules puts out in the next call of the network, in this order."""
    seen: list[Any] = [None] * len(modules)

    def keep(index: int) -> Any:
        def hook(module: Any, given: Any, output: Any) -> None:
            seen[index] = output

        return hook

    hooks = [module.register_forward_hook(keep(index)) for index, module in enumerate(modules)]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def in_heads(values: np.ndarray, heads: int) -> np.ndarray:
    """[token dim] to [head token dim]."""
    return values.reshape(len(values), heads, -1).transpose(1, 0, 2)


@functools.cache
def _letters() -> dict[str, int]:
    """The letters that stand for bytes in a byte-level vocabulary (Radford et al. 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + n): byte for n, byte in enumerate(others)}


def readable(name: str) -> str:
    """A token's name with its space in front: "Ġred" and "▁red" read " red", bytes read as the text they are."""
    if name.startswith("▁"):
        return " " + name[1:].replace("▁", " ")
    letters = _letters()
    if any(letter in name for letter in "ĠĊÂÃäåæçèéðâ") and all(letter in letters for letter in name):
        return bytes(letters[letter] for letter in name).decode("utf-8", "replace")
    return name
