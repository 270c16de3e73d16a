"""What a model can be asked: protocols of methods only, with shaped answers.

Images are PIL pictures in RGB; arrays are numpy, float32 unless said. A model keeps nothing between two calls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from PIL.Image import Image

from core.arrays import Array, Bools, Floats, Ints, Result


@dataclass(frozen=True)
class Attention(Result):
    """How much each token (second-last axis, each row sums to 1) takes from each other (last axis).

    tokens: the words in order, for a text. grid: (rows, columns) of patches, for a picture; prefix: how many
    tokens (the class token) stand before the patches; box: the part of the picture that the grid covers (left, top,
    right, bottom in its pixels), smaller than the picture where the model sees its middle square alone.
    """

    weights: Array[Floats, "layer head token token"]
    tokens: tuple[str, ...] = ()
    grid: tuple[int, int] | None = None
    prefix: int = 0
    box: tuple[float, float, float, float] | None = None


@runtime_checkable
class ImageEncoder(Protocol):
    def embed_images(self, images: list[Image]) -> np.ndarray:
        """[image dim], unit length."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    def embed_texts(self, texts: list[str]) -> np.ndarray:
        """[text dim], unit length; in a dual encoder the same space as the images'."""
        ...


@runtime_checkable
class DualEncoder(ImageEncoder, TextEncoder, Protocol):
    def temperature(self) -> float:
        """The logits are cosine similarity divided by this (Radford et al. 2021)."""
        ...


@runtime_checkable
class PatchAttention(Protocol):
    def patch_attention(self, image: Image) -> Attention:
        """Self-attention among the patches of the picture, with grid and prefix."""
        ...


@dataclass(frozen=True)
class PatchVectors(Result):
    """vectors: of unit length, in the joint space. box: the part of the picture that they cover (see Attention)."""

    vectors: Array[Floats, "row column dim"]
    box: tuple[float, float, float, float] | None = None


@runtime_checkable
class PatchTextEncoder(TextEncoder, Protocol):
    def embed_patches(self, image: Image) -> PatchVectors:
        """Each patch by itself in the space of the texts."""
        ...


@runtime_checkable
class PatchPositions(Protocol):
    def patch_positions(self) -> np.ndarray:
        """[row column dim]: what was learned to be added to a patch by its place."""
        ...


@runtime_checkable
class TokenAttention(Protocol):
    def token_attention(self, text: str) -> Attention:
        """Self-attention among the words of the text, with tokens."""
        ...


@runtime_checkable
class ImageClassifier(Protocol):
    def classify(self, images: list[Image]) -> np.ndarray:
        """Logits [image label]."""
        ...

    def labels(self) -> tuple[str, ...]:
        """The class names, in the order of the logits."""
        ...


@dataclass(frozen=True)
class Stages(Result):
    """What a network holds of one picture after each of its stages, and, where asked, how one logit depends on it.

    The grids may differ from stage to stage. box: the part of the picture that they cover (see Attention).
    """

    names: tuple[str, ...]
    maps: list[Array[Floats, "channel row column"]]
    gradients: list[Array[Floats, "channel row column"]] | None = None
    box: tuple[float, float, float, float] | None = None


@runtime_checkable
class FeatureMaps(Protocol):
    def feature_maps(self, image: Image) -> Stages:
        """The maps of every stage, without gradients."""
        ...


@runtime_checkable
class ClassGradients(ImageClassifier, Protocol):
    def class_gradients(self, image: Image, label: int, shuffled: bool = False) -> Stages:
        """The maps of every stage, and the gradients of this class's logit with respect to them.

        shuffled: of a network whose weights were shuffled within each tensor, so that nothing learnt is left.
        """
        ...


@runtime_checkable
class Backbone(ClassGradients, Protocol):
    def features(self, images: list[Image]) -> np.ndarray:
        """[image dim], unit length: what the classes are read from."""
        ...


@dataclass(frozen=True)
class PatchLogits(Result):
    """The classes read from each place by itself, after each of the named layers. box: see Attention."""

    names: tuple[str, ...]
    logits: Array[Floats, "layer row column label"]
    box: tuple[float, float, float, float] | None = None


@runtime_checkable
class PatchClassifier(ImageClassifier, Protocol):
    def patch_logits(self, image: Image) -> PatchLogits:
        """The network's own last norm and linear layer, put on every place instead of on the whole."""
        ...


@dataclass(frozen=True)
class Branches(Result):
    """What comes past each residual block (skips) and what the block adds to it (branches), in order."""

    names: tuple[str, ...]
    skips: list[Array[Floats, "channel row column"]]
    branches: list[Array[Floats, "channel row column"]]
    box: tuple[float, float, float, float] | None = None


@runtime_checkable
class Residuals(Protocol):
    def residuals(self, image: Image) -> Branches:
        """Every residual block's skip and branch."""
        ...


@runtime_checkable
class AttentionGradients(ImageClassifier, Protocol):
    def attention_gradients(self, image: Image, label: int) -> tuple[Attention, np.ndarray]:
        """Self-attention among the patches, and the gradients of this class's logit with respect to the weights,
        [layer head token token]."""
        ...


@dataclass(frozen=True)
class Patches(Result):
    """How a picture becomes tokens.

    pixels: the picture as the network sees it, in 0..1, in patches of height x width. filters: what each channel of
    the embedding is multiplied with, as weights of the network's input. vectors: the embedded patches before
    positions are added. positions: what is added by place, where the network adds something.
    """

    pixels: Array[Floats, "row column height width rgb"]
    filters: Array[Floats, "channel height width rgb"]
    vectors: Array[Floats, "row column channel"]
    positions: Array[Floats, "row column channel"] | None = None


@runtime_checkable
class PatchEmbedding(Protocol):
    def patch_embedding(self, image: Image) -> Patches:
        """The picture cut into patches, and the filters that embed them."""
        ...


@dataclass(frozen=True)
class Windows(Result):
    """Attention of one block within windows.

    weights: each window's, rows sum to 1. windows: for each place of the grid, which window it is in; places: which
    token of that window it is; regions: within a window that was put together from opposite edges of the picture,
    which of its parts it belongs to (a token takes from its own part alone).
    """

    weights: Array[Floats, "window head token token"]
    windows: Array[Ints, "row column"]
    places: Array[Ints, "row column"]
    regions: Array[Ints, "row column"]
    stage: int
    shift: int


@runtime_checkable
class WindowAttention(Protocol):
    def window_attention(self, image: Image) -> list[Windows]:
        """Every block's attention within its windows, in order."""
        ...


@dataclass(frozen=True)
class Pieces(Result):
    """A text as a language model reads it: numbers of the vocabulary, and the pieces as they read.

    added: whether a piece is the tokenizer's own (start, end, tag of a language) and not of the text.
    """

    ids: Array[Ints, "token"]
    texts: tuple[str, ...]
    added: Array[Bools, "token"]


@runtime_checkable
class Tokenizing(Protocol):
    def pieces(self, text: str) -> Pieces:
        """The tokens of the text. Raises LoupeError for an empty or too long text."""
        ...

    def vocabulary(self) -> tuple[str, ...]:
        """Every token as it reads, by its number; a leading space belongs to a token that begins a word."""
        ...


@runtime_checkable
class MaskedLanguageModel(Tokenizing, Protocol):
    def fill(self, text: str, masked: Sequence[int] = ()) -> np.ndarray:
        """Logits [token label] where the tokens at these places are hidden, beside any mask that the text has."""
        ...


@runtime_checkable
class NextSentence(Protocol):
    def follows(self, text: str, candidates: Sequence[str]) -> np.ndarray:
        """[text] probability that each candidate comes after the text."""
        ...


@runtime_checkable
class CausalLanguageModel(Tokenizing, Protocol):
    def next_token(self, text: str, grown: Sequence[int] = ()) -> np.ndarray:
        """Logits [token label] of what follows each token of the text and of the tokens grown on it."""
        ...

    def end(self) -> int:
        """The number of the token that ends a text."""
        ...

    def window(self) -> int:
        """How many tokens the model reads at most."""
        ...


@runtime_checkable
class LayerStates(Tokenizing, Protocol):
    def states(self, text: str) -> np.ndarray:
        """[layer token dim]: the embeddings and what each layer leaves of them, the last before the final norm."""
        ...

    def unembed(self, states: np.ndarray) -> np.ndarray:
        """[... dim] to logits [... label], as the model's own last step does it."""
        ...


@runtime_checkable
class StatesAndAttention(LayerStates, TokenAttention, Protocol):
    """What each layer holds of a text, and where its heads look."""


@dataclass(frozen=True)
class Expected(Result):
    """How expected each token of a text was.

    tokens: those of the text itself; starts: where in the text each begins. sides: what could be seen, "left" or
    "both". logs: natural logarithms of each token's probability; words of several tokens add theirs up.
    """

    tokens: tuple[str, ...]
    starts: Array[Ints, "token"]
    sides: tuple[str, ...]
    logs: Array[Floats, "group token"]


@runtime_checkable
class TokenOdds(Protocol):
    def expected(self, text: str) -> Expected:
        """Each token's probability, from what is on its left and, where the model sees it, on its right."""
        ...


@dataclass(frozen=True)
class Projections(Result):
    """What each head asks for (queries), is found by (keys) and hands on (values), of one text.

    scores = queries · keys ÷ divisor + bias, where there is a bias. causal: a token sees none after it.
    outputs: what each layer's attention gives once its heads are put together and projected.
    """

    tokens: tuple[str, ...]
    queries: Array[Floats, "layer head token dim"]
    keys: Array[Floats, "layer head token dim"]
    values: Array[Floats, "layer head token dim"]
    outputs: Array[Floats, "layer token channel"]
    divisor: float
    causal: bool
    bias: Array[Floats, "layer head token token"] | None = None


@runtime_checkable
class HeadProjections(TokenAttention, Protocol):
    def projections(self, text: str) -> Projections:
        """Queries, keys and values of every head."""
        ...


@dataclass(frozen=True)
class Attribution(Result):
    """What each token of a text did for one answer, in natural logarithms of its probability.

    places: what may be asked, each a token that can be expected or the place after the last; open: which of them
    have words to be traced to. place: the one asked for. answers: the likeliest there, the chosen one first, with
    their probabilities. gradient: each token's gradient times its vector; integrated: its integrated gradient. The
    tokenizer's own tokens have 0. whole: the logarithm of the chosen answer's probability; bare: the same with vectors
    that say nothing in place of all words.
    """

    tokens: tuple[str, ...]
    added: Array[Bools, "token"]
    places: tuple[str, ...]
    open: Array[Bools, "query"]
    place: int
    answers: tuple[str, ...]
    numbers: Array[Ints, "rank"]
    chances: Array[Floats, "rank"]
    gradient: Array[Floats, "token"]
    integrated: Array[Floats, "token"]
    whole: float
    bare: float


@runtime_checkable
class WordAttribution(Tokenizing, Protocol):
    def attribution(self, text: str, place: int | None = None, answer: int | None = None) -> Attribution:
        """Gradient × input and integrated gradients of the answer (a token's number) at this place.

        Without a place the model's own question is taken, without an answer the likeliest. Raises LoupeError for a
        place or a number that is none.
        """
        ...


@dataclass(frozen=True)
class Positions(Result):
    """vectors: what is added to the token at each place. learned, or set by sines and cosines."""

    vectors: Array[Floats, "token dim"]
    learned: bool


@runtime_checkable
class PositionTable(Protocol):
    def positions(self) -> Positions:
        """What the model adds to its tokens by their place."""
        ...


@dataclass(frozen=True)
class Embedded(Result):
    """What the first layer gets, taken apart: the parts' vectors add up, then a norm may follow (not included)."""

    tokens: tuple[str, ...]
    names: tuple[str, ...]
    parts: Array[Floats, "group token dim"]


@runtime_checkable
class InputEmbeddings(Protocol):
    def embedded(self, text: str) -> Embedded:
        """Word, place and, where the model has them, segment."""
        ...


@dataclass(frozen=True)
class Translation(Result):
    """A translation up to some word, and where each of its words looked.

    alternatives, chances: for each target token the likeliest tokens and their probabilities. weights: how much
    each target token took from each source token when it was chosen; own: from the start and each target token
    before it. Rows of both sum to 1. text: what is written so far.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    numbers: Array[Ints, "query"]
    text: str
    weights: Array[Floats, "layer head query token"]
    own: Array[Floats, "layer head query query"]
    alternatives: tuple[tuple[str, ...], ...]
    chances: Array[Floats, "query rank"]
    done: bool


@runtime_checkable
class Translator(Protocol):
    def languages(self) -> tuple[str, ...]:
        """Into which languages, by their English names."""
        ...

    def translate(self, text: str, language: str) -> str:
        """The whole text at once. Raises LoupeError where the language is none of the model's."""
        ...

    def translation(self, text: str, language: str) -> Iterator[Translation]:
        """Token by token, the likeliest each time."""
        ...


@runtime_checkable
class MaskedAutoencoder(Protocol):
    def grid(self) -> tuple[int, int]:
        """(rows, columns) of patches."""
        ...

    def seen(self, image: Image) -> np.ndarray:
        """[height width rgb] in 0..1: the picture as the model takes it, a square from its middle."""
        ...

    def reconstruct(self, image: Image, mask: np.ndarray) -> np.ndarray:
        """[height width rgb] in 0..1 where the patches of the mask (bool [row column], True = hidden) were guessed
        from the others; the others are as they were."""
        ...

    def reconstructions(self, image: Image, masks: np.ndarray) -> np.ndarray:
        """[image height width rgb]: the same for masks [image row column] that all hide equally many patches."""
        ...


@runtime_checkable
class Autoencoder(Protocol):
    def seen(self, image: Image) -> np.ndarray:
        """[height width rgb] in 0..1: the picture as the model takes it, a square from its middle."""
        ...

    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Pictures as ``seen`` gives them, stacked [image height width rgb], to what is kept of them: numbers
        [image channel row column], or codes, whole numbers [image row column]."""
        ...

    def decode(self, kept: np.ndarray) -> np.ndarray:
        """What ``encode`` gave to pictures [image height width rgb] in 0..1."""
        ...


@runtime_checkable
class VariationalAutoencoder(Autoencoder, Protocol):
    def posterior(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of each latent, both [image channel row column]."""
        ...


@runtime_checkable
class ImageTokenizer(Autoencoder, Protocol):
    def codebook(self) -> np.ndarray:
        """[code dim]: the vectors that a place of the grid may hold."""
        ...

    def latents(self, pictures: np.ndarray) -> np.ndarray:
        """[image row column dim]: what is rounded to the nearest code."""
        ...

    def decode_vectors(self, vectors: np.ndarray) -> np.ndarray:
        """[image row column dim] to pictures, whether the vectors are codes or not."""
        ...
