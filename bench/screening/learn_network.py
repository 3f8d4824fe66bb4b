"""Learns the network's weights (`bot/screen/network.py`) from the same texts as `bench.screening.learn`, and writes
`flows/learned/network.npz`. `python -m bench.screening.learn_network` takes some ten minutes and needs jax and optax besides.

The same input on the same machine gives the same file.
"""

from __future__ import annotations

import io
import sys
import time
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bench.screening.learn import ORDINARY, Example, gathered, lists_alone
from bench.screening.phrases import TOP
from bot.screen.features import words_of
from bot.screen.fold import fold, tokens
from bot.screen.likeness import LANES
from bot.screen.network import ARRAYS, LONGEST, PIECES, WIDTHS, pieces

TARGET = TOP / "flows" / "learned" / "network.npz"
SAID = tuple(LANES.index(name) for name in ("danger", "stop", "evaluation", "wrong_number", "1", "2", "3"))
NUMBERS, VECTOR, FILTERS, HIDDEN = 1 << 16, 64, 64, 64
BATCH, ROUNDS, RATE, DECAY = 384, 5, 2e-3, 1e-4
ALIKE = 40
"""So many batches are put together of texts of like length, which saves half of the time."""
DROPPED, UNHEARD = 0.4, 0.1
"""How much of the filters, and how many of the words, each lesson goes without: what is left must tell by itself."""
SMOOTH = 0.01
HEAVIEST, WRONG = 4.0, 5.0
"""A kind's texts weigh at most so much more than the others, an ordinary text taken for anything so much."""
STEPS = 127
SURELY = 0.9995
"""The bytes reach as far as all but the largest of the numbers of pieces."""
Weights = dict[str, Any]


class Lesson(NamedTuple):
    """What is learned from: of each text the numbers of its words (0 where it has no more); of each word the numbers of its pieces (the
    same), and whether it may be left out; what each text is, and how heavy that is."""

    texts: np.ndarray
    words: np.ndarray
    spare: np.ndarray
    truth: np.ndarray
    heavy: np.ndarray


def lesson(examples: list[Example]) -> Lesson:
    known = {"": 0}
    texts = np.zeros((len(examples), LONGEST), np.int32)
    truth = np.zeros((len(examples), len(SAID)), np.float32)
    for row, (example, text) in enumerate(zip(examples, texts, strict=True)):
        said = [known.setdefault(word, len(known)) for word in words_of(tokens(fold(example.text)))[:LONGEST]]
        text[: len(said)] = said
        truth[row] = [lane in example.lanes for lane in SAID]
    words = np.zeros((len(known), PIECES), np.int32)
    for word, at in known.items():
        if word:
            found = pieces(word, NUMBERS)
            words[at, : len(found)] = found
    says_no = frozenset().union(*lists_alone().says_no.values())
    spare = np.array([word not in says_no for word in known])
    plain = np.array([[WRONG if example.source == ORDINARY else 1.0] for example in examples])
    share = truth.sum(axis=0)
    rare = np.minimum(HEAVIEST, np.sqrt((len(truth) - share) / share))
    return Lesson(texts, words, spare, truth, np.where(truth > 0, rare, plain).astype(np.float32))


def begin(key: Any) -> Weights:
    keys = iter(jax.random.split(key, 4 + len(WIDTHS)))
    every = FILTERS * len(WIDTHS)
    weights: Weights = {
        "pieces": jax.random.normal(next(keys), (NUMBERS, VECTOR)) * 0.1,
        "filters_begin": jnp.zeros(every),
        "hidden": jax.random.normal(next(keys), (every, HIDDEN)) * every**-0.5,
        "hidden_begin": jnp.zeros(HIDDEN),
        "out": jax.random.normal(next(keys), (HIDDEN, len(SAID))) * 0.1,
        "straight": jax.random.normal(next(keys), (every, len(SAID))) * 0.02,
        "out_begin": jnp.full(len(SAID), -2.0),
    }
    for width in WIDTHS:
        weights[f"filters{width}"] = jax.random.normal(next(keys), (width, VECTOR, FILTERS)) * (width * VECTOR) ** -0.5
    return weights


def say(weights: Weights, words: Any, texts: Any, there: Any, spare: Any, key: Any) -> Any:
    """What the network says of texts (each the places of its words among `words`), with some filters and words left out; no word that
    says no, as "this is not Maria's mom" without it says that it is."""
    many = jnp.maximum((words > 0).sum(-1, keepdims=True), 1)
    vectors = (weights["pieces"][words] * (words > 0)[..., None]).sum(1) / jnp.sqrt(many)
    first, second = jax.random.split(key)
    heard = jax.random.bernoulli(first, 1 - UNHEARD, texts.shape) | ~spare
    rows = vectors[texts] * heard[..., None]
    strongest = []
    for width in WIDTHS:
        before = jnp.pad(rows, ((0, 0), (width - 1, 0), (0, 0)))
        found = sum(before[:, place : place + rows.shape[1]] @ weights[f"filters{width}"][place] for place in range(width))
        strongest.append(jnp.where(there[..., None], found, -1e9).max(1))
    filters = jax.nn.relu(jnp.concatenate(strongest, -1) + weights["filters_begin"])
    filters = filters * jax.random.bernoulli(second, 1 - DROPPED, filters.shape) / (1 - DROPPED)
    hidden = jax.nn.relu(filters @ weights["hidden"] + weights["hidden_begin"])
    return hidden @ weights["out"] + filters @ weights["straight"] + weights["out_begin"]


def wrong(weights: Weights, words: Any, texts: Any, there: Any, spare: Any, truth: Any, heavy: Any, key: Any) -> Any:
    said = say(weights, words, texts, there, spare, key)
    return (optax.sigmoid_binary_cross_entropy(said, truth * (1 - 2 * SMOOTH) + SMOOTH) * heavy).mean()


def batches(told: Lesson, chance: np.random.Generator) -> Iterator[np.ndarray]:
    """The places of the texts of each batch, texts of like length together."""
    length = (told.texts > 0).sum(axis=1)
    order = chance.permutation(len(told.texts))
    order = order[: len(order) // BATCH * BATCH]
    for at in range(0, len(order), BATCH * ALIKE):
        among = order[at : at + BATCH * ALIKE]
        order[at : at + BATCH * ALIKE] = among[np.argsort(length[among], kind="stable")]
    yield from chance.permutation(order.reshape(-1, BATCH))


def learn(told: Lesson, seed: int = 0) -> Weights:
    weights = begin(jax.random.PRNGKey(seed))
    rounds = ROUNDS * (len(told.texts) // BATCH)
    better = optax.adamw(optax.cosine_decay_schedule(RATE, rounds), weight_decay=DECAY)
    state, key, chance = better.init(weights), jax.random.PRNGKey(seed + 1), np.random.default_rng(seed)

    @jax.jit
    def step(weights: Weights, state: Any, key: Any, *batch: Any) -> Any:
        cost, slope = jax.value_and_grad(wrong)(weights, *batch, key)
        change, state = better.update(slope, state, weights)
        return optax.apply_updates(weights, change), state, cost

    begun, cost = time.monotonic(), 0.0
    for number in range(ROUNDS):
        for batch in batches(told, chance):
            texts = told.texts[batch]
            longest = max(8, -(-int((texts > 0).sum(axis=1).max()) // 4) * 4)
            used, places = np.unique(texts[:, :longest], return_inverse=True)
            words = np.pad(told.words[used], ((0, -len(used) % 1024), (0, 0)))  # few shapes: each is compiled
            key, now = jax.random.split(key)
            texts = texts[:, :longest]
            places = places.reshape(texts.shape).astype(np.int32)
            spare = told.spare[texts]
            weights, state, cost = step(weights, state, now, words, places, texts > 0, spare, told.truth[batch], told.heavy[batch])
        print(f"round {number + 1}: {float(cost):.3f} after {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return weights


def packed(weights: Weights) -> bytes:
    """The file: the numbers of pieces as bytes, all others in half precision."""
    made = {name: np.asarray(value) for name, value in weights.items()}
    scale = float(np.quantile(np.abs(made["pieces"]), SURELY)) / STEPS
    filters = np.concatenate([made[f"filters{width}"][place] for width in WIDTHS for place in range(width)], axis=1)
    told = made | {"filters": filters, "scale": np.float32(scale)}
    arrays = {name: told[name].astype(np.float16) for name in ARRAYS if name not in ("pieces", "scale")}
    arrays["pieces"] = np.clip(np.round(made["pieces"] / scale), -STEPS, STEPS).astype(np.int8)
    arrays["scale"] = np.float32(scale)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in ARRAYS:
            one = io.BytesIO()
            np.save(one, arrays[name])
            file.writestr(zipfile.ZipInfo(f"{name}.npy"), one.getvalue(), zipfile.ZIP_DEFLATED, 9)
    return written.getvalue()


def main() -> None:
    begun = time.monotonic()
    told = lesson(gathered())
    print(f"{len(told.texts)} examples, {len(told.words)} words in {time.monotonic() - begun:.0f} s", file=sys.stderr)
    TARGET.write_bytes(packed(learn(told)))
    print(f"{TARGET.stat().st_size} bytes in {time.monotonic() - begun:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
