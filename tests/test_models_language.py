"""The families of language models against what transformers gives when it is called directly."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from core.capabilities import (
    CausalLanguageModel,
    HeadProjections,
    InputEmbeddings,
    LayerStates,
    MaskedLanguageModel,
    NextSentence,
    PositionTable,
    TokenAttention,
    Translator,
)
from core.errors import LoupeError
from core.lenses.attention_steps import attend
from core.lenses.positions import sinusoids
from core.models import families, serves
from tests import tiny
from tests.tiny_language import KINDS, WINDOW

TEXT = "a red cat and two rockets"
AUTO = {"bert": "AutoModelForPreTraining", "gpt": "AutoModelForCausalLM"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def pairs(folders):
    """(our model, transformers' model, its tokenizer) by kind."""
    made = {}
    for kind in KINDS:
        checkpoint = tiny.make(kind, folders / kind)
        auto = getattr(transformers, AUTO.get(kind, "AutoModelForSeq2SeqLM"))
        direct = auto.from_pretrained(checkpoint.folder, attn_implementation="eager").eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint.folder)
        made[kind] = (families()[kind].load(checkpoint, "cpu"), direct, tokenizer)
    return made


@pytest.fixture(params=list(KINDS))
def pair(request, pairs):
    return pairs[request.param]


def test_what_each_family_can_be_asked():
    asked = {
        "bert": {MaskedLanguageModel, NextSentence, LayerStates, PositionTable, InputEmbeddings},
        "gpt": {CausalLanguageModel, LayerStates, PositionTable, InputEmbeddings},
        "marian": {Translator, PositionTable, InputEmbeddings},
        "t5": {Translator},
    }
    every = set().union(*asked.values())
    for family, capabilities in asked.items():
        assert {c for c in every if serves(family, c)} == capabilities
        assert serves(family, TokenAttention) and serves(family, HeadProjections)


def test_attention_is_that_of_transformers_and_its_rows_sum_to_one(pair):
    model, direct, _ = pair
    found = model.token_attention(TEXT)
    ids = torch.from_numpy(model.pieces(TEXT).ids)[None]
    body = direct.get_encoder() if hasattr(model, "languages") else direct
    with torch.inference_mode():
        said = torch.cat(body(input_ids=ids, output_attentions=True).attentions)
    np.testing.assert_allclose(found.weights, said, atol=1e-6)
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-5)
    assert found.tokens == model.pieces(TEXT).texts and found.weights.std() > 0.01


def test_attention_follows_from_queries_and_keys(pair):
    model, _, _ = pair
    found = model.projections(TEXT)
    weights = attend(found.queries, found.keys, found.divisor, found.causal, found.bias)
    np.testing.assert_allclose(weights, model.token_attention(TEXT).weights, atol=1e-5)
    assert (
        np.abs(weights - attend(found.queries, found.keys, 3 * found.divisor, found.causal, found.bias)).max()
        > 0.01
    )


def test_values_and_the_output_layer_give_what_attention_adds(pair):
    model, _, _ = pair
    found = model.projections(TEXT)
    mixed = model.token_attention(TEXT).weights @ found.values  # [layer head token dim]
    joined = mixed.transpose(0, 2, 1, 3).reshape(len(mixed), len(found.tokens), -1)
    for layer, modules in enumerate(model._projectors()):
        with torch.inference_mode():
            said = modules[-1](torch.from_numpy(joined[layer])[None])[0]
        np.testing.assert_allclose(found.outputs[layer], said, atol=1e-4)


def test_tokens_are_pieces_of_the_text(pair):
    model, _, tokenizer = pair
    pieces = model.pieces(TEXT)
    said = "".join(text for text, added in zip(pieces.texts, pieces.added, strict=True) if not added)
    assert TEXT.replace(" ", "") in said.replace(" ", "")
    assert len(model.vocabulary()) >= len(tokenizer) > pieces.ids.max()


@pytest.mark.parametrize("text", ["", "  \n", "a b " * 25_000, "word " * 500])
def test_empty_and_endless_texts_are_refused_by_name(pair, text):
    model, _, _ = pair
    with pytest.raises(LoupeError, match=r"empty|tokens; tiny|full"):
        model.token_attention(text)
    for ask in ("pieces", "projections"):
        with pytest.raises(LoupeError):
            getattr(model, ask)(text)


@pytest.mark.parametrize("text", ["猫", "🚀🚀", "שלום", "ĠÂ", "a"])
def test_any_script_is_read(pair, text):
    model, _, _ = pair
    found = model.token_attention(text)
    assert len(found.tokens) == found.weights.shape[-1] == len(model.pieces(text).ids)
    np.testing.assert_allclose(found.weights.sum(-1), 1, atol=1e-5)


def test_masked_words_are_those_of_transformers(pairs):
    model, direct, tokenizer = pairs["bert"]
    ids = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    ids[0, [2, 4]] = tokenizer.mask_token_id
    with torch.inference_mode():
        said = direct(input_ids=ids).prediction_logits[0]
    np.testing.assert_allclose(model.fill(TEXT, [2, 4]), said, atol=1e-5)
    assert np.abs(model.fill(TEXT) - said.numpy()).max() > 0.01
    typed = TEXT.replace("red", "[MASK]")
    np.testing.assert_allclose(model.fill(typed)[2], model.fill(TEXT, [2])[2], atol=1e-5)
    with pytest.raises(LoupeError, match="no token 99"):
        model.fill(TEXT, [99])


def test_next_sentences_are_those_of_transformers_each_alone(pairs):
    model, direct, tokenizer = pairs["bert"]
    candidates = ["a house", "a sleeping cat and a house", "猫"]
    said = []
    for candidate in candidates:
        one, two = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (TEXT, candidate))
        ids = torch.tensor([[2, *one, 3, *two, 3]])
        segments = torch.tensor([[0] * (len(one) + 2) + [1] * (len(two) + 1)])
        with torch.inference_mode():
            said.append(
                float(direct(input_ids=ids, token_type_ids=segments).seq_relationship_logits.softmax(-1)[0, 0])
            )
    np.testing.assert_allclose(model.follows(TEXT, candidates), said, atol=1e-5)
    with pytest.raises(LoupeError, match="together"):
        model.follows(TEXT, ["a red apple on a table " * 10])


def test_what_comes_next_is_that_of_transformers(pairs):
    model, direct, tokenizer = pairs["gpt"]
    ids = tokenizer(TEXT)["input_ids"]
    with torch.inference_mode():
        said = direct(input_ids=torch.tensor([[*ids, 5, 7]])).logits[0]
    np.testing.assert_allclose(model.next_token(TEXT, [5, 7]), said, atol=1e-5)
    assert model.end() == 0 and model.window() == WINDOW
    with pytest.raises(LoupeError, match="full"):
        model.next_token(TEXT, [1] * WINDOW)
    with pytest.raises(LoupeError, match="no token of number"):
        model.next_token(TEXT, [99_999])


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_the_last_layer_read_out_is_the_answer(pairs, kind):
    model, direct, tokenizer = pairs[kind]
    states = model.states(TEXT)
    ids = tokenizer(TEXT, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        outputs = direct(input_ids=ids, output_hidden_states=True)
    said = (outputs.prediction_logits if kind == "bert" else outputs.logits)[0]
    np.testing.assert_allclose(model.unembed(states[-1]), said, atol=1e-4)
    np.testing.assert_allclose(states[:-1], torch.cat(outputs.hidden_states)[:-1], atol=1e-5)


def test_parts_of_the_input_add_up_to_what_the_first_layer_gets(pairs):
    for kind in ("bert", "gpt", "marian"):
        model, direct, _ = pairs[kind]
        whole = torch.from_numpy(model.embedded(TEXT).parts.sum(0))[None]
        ids = torch.from_numpy(model.pieces(TEXT).ids)[None]
        with torch.inference_mode():
            if kind == "bert":
                whole = direct.bert.embeddings.LayerNorm(whole)
            body = direct.get_encoder() if kind == "marian" else direct
            said = body(input_ids=ids, output_hidden_states=True).hidden_states[0]
        np.testing.assert_allclose(whole, said, atol=1e-5)


def test_positions_are_the_tables_of_transformers(pairs):
    bert, gpt, marian = (pairs[kind][0].positions() for kind in ("bert", "gpt", "marian"))
    np.testing.assert_array_equal(
        bert.vectors, pairs["bert"][1].bert.embeddings.position_embeddings.weight.detach()
    )
    np.testing.assert_array_equal(gpt.vectors, pairs["gpt"][1].transformer.wpe.weight.detach())
    np.testing.assert_allclose(marian.vectors, sinusoids(WINDOW, 32), atol=1e-6)
    assert bert.learned and gpt.learned and not marian.learned


@pytest.mark.parametrize(
    ("kind", "language", "front"),
    [
        ("marian", "German", ">>de<< "),
        ("marian", "Chinese", ">>zh<< "),
        ("t5", "German", "translate English to German: "),
    ],
)
def test_translations_are_those_of_transformers(pairs, kind, language, front):
    model, direct, tokenizer = pairs[kind]
    inputs = tokenizer(front + TEXT, return_tensors="pt")
    steps = list(model.translation(TEXT, language))
    with torch.inference_mode():
        said = direct.generate(
            inputs["input_ids"], attention_mask=inputs["attention_mask"], num_beams=1, do_sample=False,
            max_new_tokens=len(steps), bad_words_ids=[[0]],
        )[0, 1:]  # fmt: skip
        outputs = direct(
            input_ids=inputs["input_ids"], output_attentions=True,
            decoder_input_ids=torch.tensor([[0, *said[:-1].tolist()]]),
        )  # fmt: skip
    odds = outputs.logits[0].index_fill(-1, torch.tensor([0]), -torch.inf).softmax(-1)  # padding is no word
    last = steps[-1]
    assert [step.done for step in steps] == [False] * (len(steps) - 1) + [True]
    assert last.target == tuple(model.vocabulary()[number] for number in said)
    assert last.text == model.translate(TEXT, language) == tokenizer.decode(said, skip_special_tokens=True)
    np.testing.assert_allclose(last.weights, torch.cat(outputs.cross_attentions), atol=1e-5)
    np.testing.assert_allclose(last.own, torch.cat(outputs.decoder_attentions), atol=1e-5)
    assert not np.triu(last.own, 1).any(), "a word looked at a later one"
    np.testing.assert_allclose(last.chances[:, 0], odds[range(len(said)), said], atol=1e-4)
    assert all(others[0] == token for others, token in zip(last.alternatives, last.target, strict=True))


def test_a_translation_may_go_on_in_another_thread(pairs):
    model = pairs["marian"][0]
    with ThreadPoolExecutor(1) as here, ThreadPoolExecutor(1) as there:
        steps = model.translation(TEXT, "German")
        here.submit(next, steps).result()
        there.submit(list, steps).result()
        for thread in (here, there):
            assert not thread.submit(torch.is_inference_mode_enabled).result()
            assert np.isfinite(thread.submit(model.attribution, TEXT).result().gradient).all()


def test_a_language_that_is_not_written_is_refused_by_name(pairs):
    with pytest.raises(LoupeError, match=r"tiny marian does not write French. It writes: Chinese, German."):
        next(pairs["marian"][0].translation(TEXT, "French"))
    with pytest.raises(LoupeError, match="empty"):
        next(pairs["t5"][0].translation(" ", "French"))


def test_nothing_is_kept_between_two_calls(pair):
    model, _, _ = pair
    before = model.token_attention(TEXT).weights
    hooks = sum(len(module._forward_hooks) for module in model._network.modules())
    model.projections("a house")
    np.testing.assert_array_equal(model.token_attention(TEXT).weights, before)
    assert sum(len(module._forward_hooks) for module in model._network.modules()) == hooks


def older(name, kind):
    """The name that this weight has in checkpoints saved years ago."""
    if kind == "bert":
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    return name.removeprefix("transformer.")


@pytest.mark.parametrize("kind", ["bert", "gpt", "marian", "t5"])
def test_checkpoints_as_the_hub_has_them_load(kind, tmp_path):
    """Names of years ago, tables stored twice, buffers that the class no longer has."""
    checkpoint = tiny.make(kind, tmp_path / kind)
    before = families()[kind].load(checkpoint, "cpu").token_attention(TEXT).weights
    file = tmp_path / kind / "model.safetensors"
    weights = {older(name, kind): tensor for name, tensor in load_file(file).items()}
    if kind == "gpt":
        weights |= {f"h.{n}.attn.bias": torch.ones(1, 1, WINDOW, WINDOW) for n in range(2)}
    if kind == "bert":
        weights["cls.predictions.decoder.weight"] = weights["bert.embeddings.word_embeddings.weight"].clone()
        weights["bert.embeddings.position_ids"] = torch.arange(WINDOW)[None]
    if kind == "marian":
        for side in ("encoder", "decoder"):
            weights[f"model.{side}.embed_tokens.weight"] = weights["model.shared.weight"].clone()
            weights[f"model.{side}.embed_positions.weight"] = torch.from_numpy(sinusoids(WINDOW, 32))
    if kind == "t5":
        weights["decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"] = torch.zeros(32, 4)
        weights["encoder.embed_tokens.weight"] = weights["shared.weight"].clone()
    save_file(weights, file, {"format": "pt"})
    np.testing.assert_array_equal(families()[kind].load(checkpoint, "cpu").token_attention(TEXT).weights, before)


@pytest.fixture(scope="module")
def calm(folders):
    """Models by kind with weights so small that few steps are enough to integrate over them."""
    made = {kind: families()[kind].load(tiny.make(kind, folders / f"calm-{kind}"), "cpu") for kind in KINDS}
    for model in made.values():
        with torch.no_grad():
            for parameter in model._network.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(0.5)
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_owes_to_its_words_what_the_axiom_says(calm, kind):
    """Completeness: the parts add up to what the answer gains from the words."""
    model = calm[kind]
    found = model.attribution("a red cat", 1)
    assert abs(found.whole - found.bare) > 1e-3
    np.testing.assert_allclose(found.integrated.sum(), found.whole - found.bare, rtol=0.06, atol=1e-3)
    assert not found.integrated[found.added].any() and not found.gradient[found.added].any()
    np.testing.assert_allclose(np.log(found.chances[0]), found.whole, atol=1e-4)
    assert list(found.chances) == sorted(found.chances, reverse=True)


def test_integrated_gradients_are_the_mean_gradient_on_the_way(calm):
    """Sundararajan et al. 2017, equation 1, by the trapezium rule on 300 points."""
    model = calm["gpt"]
    ids = torch.from_numpy(model.pieces("a red cat").ids)
    table = model._network.get_input_embeddings().weight.detach()
    found, total = model.attribution("a red cat"), torch.zeros(len(ids), 32)
    points = torch.linspace(0, 1, 300)
    for n, share in enumerate(points):
        vectors = (share * table[ids]).requires_grad_()
        answer = model._network(inputs_embeds=vectors[None]).logits[0, -1].log_softmax(-1)[found.numbers[0]]
        (slope,) = torch.autograd.grad(answer, vectors)
        total += slope * (0.5 if n in (0, len(points) - 1) else 1)
        last = slope
    expected = (total / (len(points) - 1) * table[ids]).sum(-1)
    np.testing.assert_allclose(found.integrated, expected, atol=2e-3)
    np.testing.assert_allclose(found.gradient, (last * table[ids]).sum(-1), atol=1e-4)


def test_what_may_be_asked_and_what_is_asked_without_a_place(pairs):
    gpt, bert, marian = (pairs[kind][0] for kind in ("gpt", "bert", "marian"))
    found = gpt.attribution("a red cat")
    assert found.place == len(found.tokens) == len(found.places) - 1
    assert found.open.tolist() == [False] + [True] * len(found.tokens)
    np.testing.assert_allclose(
        found.chances[0], np.exp(log_softmax(gpt.next_token("a red cat")[-1])).max(), atol=1e-6
    )
    found = bert.attribution("a red cat", 2, 7)
    assert found.place == 2 and found.numbers[0] == 7 and not found.integrated[2]
    np.testing.assert_allclose(found.chances[0], np.exp(log_softmax(bert.fill("a red cat", [2])[2]))[7], atol=1e-6)
    assert bert.attribution("a red cat", 99).place == bert.attribution("a red cat", 0).place == 3
    found = marian.attribution("red", 1)
    *_, whole = marian.translation("red", "Chinese")
    assert found.places == whole.target and found.answers[0] == whole.target[1]
    np.testing.assert_allclose(found.chances[0], whole.chances[1, 0], atol=1e-5)


def log_softmax(logits):
    return logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())


def test_how_expected_words_were_is_what_the_models_say(pairs):
    gpt, bert = pairs["gpt"][0], pairs["bert"][0]
    found, ids = gpt.expected(TEXT), gpt.pieces(TEXT).ids
    said = torch.from_numpy(gpt.next_token(TEXT)).log_softmax(-1)[range(len(ids) - 1), ids[1:]]
    np.testing.assert_allclose(found.logs, said[None], atol=1e-5)
    assert found.sides == ("left",)
    assert [TEXT[n] for n in found.starts] == [
        name.strip()[:1] or TEXT[n] for name, n in zip(found.tokens, found.starts, strict=True)
    ]
    found, ids = bert.expected("a red cat"), bert.pieces("a red cat").ids  # [CLS] a red cat [SEP]
    assert found.sides == ("both", "left") and found.starts.tolist() == [0, 2, 6]
    for side, hidden in enumerate(([2], [2, 3])):
        said = torch.from_numpy(bert.fill("a red cat", hidden)).log_softmax(-1)[2, ids[2]]
        np.testing.assert_allclose(found.logs[side, 1], said, atol=1e-5)


def test_later_pieces_of_a_word_do_not_give_it_away(pairs):
    bert = pairs["bert"][0]
    text = "a het cat"
    pieces = bert.pieces(text)
    assert pieces.texts == ("[CLS]", "a", "h", "e", "t", "cat", "[SEP]")
    said = torch.from_numpy(bert.fill(text, [2, 3, 4])).log_softmax(-1)[2, pieces.ids[2]]
    np.testing.assert_allclose(bert.expected(text).logs[0, 1], said, atol=1e-5)


def test_a_sentence_is_the_mean_of_its_tokens_whatever_stands_beside_it(pair):
    model, direct, _ = pair
    texts = [TEXT, "a cat", "two rockets fly over the sea"]
    body = direct.get_encoder() if hasattr(model, "languages") else direct.base_model
    found = model.embed_texts(texts)
    for text, vector in zip(texts, found, strict=True):
        with torch.inference_mode():
            states = body(input_ids=torch.from_numpy(model.pieces(text).ids)[None]).last_hidden_state[0]
        mean = states.mean(0)
        np.testing.assert_allclose(vector, mean / mean.norm(), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
