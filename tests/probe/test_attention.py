# SPDX-License-Identifier: Apache-2.0
"""The entropy of attention is that of the weights, whether the network shows them or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.probe import attention
from backprobe.records import Record
from backprobe.server import quantities
from tests.probe.settings import Watch, twice

B, H, L, S, E = 2, 3, 6, 8, 5


def direct(scores: Tensor, hidden: Tensor) -> float:
    """Mean over all queries that see two keys or more, written down plainly and in float64."""
    found = []
    hidden = hidden.expand(scores.shape)
    for row, mask in zip(scores.reshape(-1, scores.shape[-1]), hidden.flatten(0, -2), strict=True):
        seen = row[~mask].double()
        if len(seen) > 1:
            p = seen.softmax(0)
            found.append(float(-(p * p.log()).sum()) / math.log(len(seen)))
    return float(np.mean(found))


def test_weights() -> None:
    """Uniform weights have entropy 1, one-hot ones 0; a classifier's softmax is none of them."""
    uniform = attention.of_weights(torch.full((2, 3, 4), 0.25))
    sharp = attention.of_weights(F.one_hot(torch.zeros(2, 3, dtype=torch.long), 4))
    assert uniform is not None
    assert sharp is not None
    assert float(uniform) == pytest.approx(1)
    assert float(sharp) == pytest.approx(0)
    assert attention.of_weights(torch.full((3, 4), 0.25)) is None
    assert attention.of_weights(torch.full((2, 4, 9), 0.25), dim=1) is None
    masked = torch.zeros(1, 4, 4).masked_fill(torch.ones(4, 4).triu(1).bool(), -1e9)
    causal = attention.of_weights(masked.softmax(-1), masked)
    assert causal is not None
    assert float(causal) == pytest.approx(1)  # uniform over the keys that each query sees


def test_a_sample_meets_all_heads_and_queries() -> None:
    """Of more rows than are read every head and query has its share."""
    torch.manual_seed(0)
    scores = torch.randn(8, 4, 64, 64) * torch.tensor([0.1, 1, 4, 9])[:, None, None]
    found = attention.of_weights(scores.softmax(-1), scores)
    assert found is not None
    assert float(found) == pytest.approx(direct(scores, torch.tensor(False)), abs=0.02)


SCALED: dict[str, Mapping[str, Any]] = {
    "plain": {},
    "scale": {"scale": 3.0},
    "causal": {"is_causal": True},
    "shown": {"attn_mask": torch.ones(L, S).tril(2).bool()},
    "shown to a batch": {"attn_mask": (torch.arange(S) < torch.tensor([[5], [8]]))[:, None, None]},
    "added": {"attn_mask": torch.zeros(B, 1, L, S).masked_fill(torch.eye(L, S).bool(), -1e9)},
    "a bias": {"attn_mask": torch.linspace(-2, 2, S).expand(H, L, S)},
    "nothing to see": {"attn_mask": torch.arange(L)[:, None].expand(L, S) > 0},
}


@pytest.mark.parametrize("case", SCALED)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_scaled_dot_product(case: str, dtype: torch.dtype) -> None:
    """All masks, scales and precisions of `F.scaled_dot_product_attention`."""
    torch.manual_seed(0)
    given = dict(SCALED[case])
    q, k, v = ((torch.randn(B, H, n, E) * 2).to(dtype) for n in (L, S, S))
    mask = given.get("attn_mask")
    scores = q.float() @ k.float().transpose(2, 3) * given.get("scale", E**-0.5)
    hidden = torch.zeros(L, S, dtype=torch.bool)
    if given.get("is_causal"):
        hidden = ~torch.ones(L, S).tril().bool()
    elif mask is not None and mask.dtype == torch.bool:
        hidden = ~mask
    elif mask is not None:
        scores, hidden = scores + mask, mask < -1e4
        given["attn_mask"] = mask.to(dtype)
    out = F.scaled_dot_product_attention(q, k, v, **given)
    found = attention.of_fused(("scaled_dot_product_attention", (q, k, v), given), out)
    assert found is not None
    close = 1e-5 if dtype == torch.float32 or case != "a bias" else 1e-2
    assert float(found) == pytest.approx(direct(scores, hidden), rel=close)


def test_heads_that_share_keys() -> None:
    """Grouped queries, and a single head without a dimension of its own."""
    torch.manual_seed(0)
    q, k = torch.randn(B, 4, L, E), torch.randn(B, 2, S, E)
    name = "scaled_dot_product_attention"
    found = attention.of_fused((name, (q, k, k), {"enable_gqa": True}), q)
    scores = q @ k.repeat_interleave(2, 1).transpose(2, 3) / E**0.5
    assert found is not None
    assert float(found) == pytest.approx(direct(scores, torch.tensor(False)), rel=1e-5)
    single = attention.of_fused((name, (q[:, 0], k[:, 0], k[:, 0]), {}), q)
    assert single is not None
    assert float(single) == pytest.approx(direct(scores[:, 0], torch.tensor(False)), rel=1e-5)
    assert attention.of_fused((name, (q.to("meta"), k.to("meta"), k), {}), q) is None


CAUSAL = torch.ones(L, L).triu(1).bool()
PADDED = torch.arange(L) >= torch.tensor([[4], [6]])
MULTI_HEAD: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "plain": ({}, {}),
    "weights wanted": ({}, {"need_weights": True}),
    "no bias": ({"bias": False}, {}),
    "causal": ({}, {"attn_mask": CAUSAL, "is_causal": True}),
    "added": ({}, {"attn_mask": torch.zeros(L, L).masked_fill(CAUSAL, -torch.inf)}),
    "one for each head": ({}, {"attn_mask": torch.stack([CAUSAL, CAUSAL.t(), CAUSAL] * B)}),
    "padded": ({}, {"key_padding_mask": PADDED}),
    "keys of another width": ({"kdim": 7, "vdim": 4}, {}),
}


@pytest.mark.parametrize("case", MULTI_HEAD)
def test_multi_head_attention(watch: Watch, case: str) -> None:
    """`nn.MultiheadAttention` in a training: the entropy is that of the weights it can be asked."""
    made, given = MULTI_HEAD[case]
    torch.manual_seed(0)
    net = nn.MultiheadAttention(12, H, batch_first=True, **made)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            parameter.mul_(3.0 if name.endswith("weight") else 1.0).add_(0.1)
    x = torch.randn(B, L, 12)
    y = torch.randn(B, L, made.get("kdim", 12))
    z = torch.randn(B, L, made.get("vdim", 12))
    inputs = (x, y, z) if "kdim" in made else (x, x, x)
    with torch.no_grad():
        weights = net(*inputs, average_attn_weights=False, **given)[1]
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)

    def train() -> None:
        for _ in range(2):
            optimizer.zero_grad()
            net(*inputs, **{"need_weights": False, **given})[0].square().mean().backward()
            optimizer.step()

    record = watch(train, net)
    assert record.named("failure") == ()
    (found,) = entropies(record).values()
    assert found == pytest.approx(direct(weights.log(), weights == 0), rel=1e-4)


def entropies(record: Record, step: int = 0) -> dict[str, float]:
    """Attention entropy of the places that have one, at one step, by name."""
    (row,) = np.flatnonzero(record.outputs.step == step)
    values = record.outputs.values["out_entropy"][row]
    names = {place.index: place.name for place in record.places}
    pairs = zip(record.outputs.index.tolist(), values.tolist(), strict=True)
    return {names[index]: value for index, value in pairs if not math.isnan(value)}


def test_both_ways_of_a_transformers_model(watch: Watch) -> None:
    """A random-init GPT-2 shows the same entropies where it computes the softmax and where not."""
    transformers = pytest.importorskip("transformers")
    found = []
    for way in ("eager", "sdpa"):

        def make(way: str = way) -> Any:
            config = transformers.GPT2Config(
                vocab_size=50, n_positions=16, n_embd=32, n_layer=2, n_head=4,
                attn_implementation=way, bos_token_id=0, eos_token_id=0,
            )  # fmt: skip
            net = transformers.GPT2LMHeadModel(config)
            with torch.no_grad():
                for block in net.transformer.h:
                    block.attn.c_attn.weight.mul_(20)
            optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4)
            ids = torch.randint(0, 50, (3, 12))

            def train() -> Any:
                losses = []
                for _ in range(70):
                    loss = net(input_ids=ids, labels=ids).loss
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.item())
                return losses

            return train, [net]

        record = twice(watch, make).record
        found.append(entropies(record))
        again = entropies(record, 64)
        assert set(again) == set(found[-1]) == {f"transformer.h.{i}.attn" for i in range(2)}
        rows = {
            name: [row.type for _, row in quantities.rows(record, quantities.BY_NAME[name])]
            for name in ("out_entropy", "out_rms")
        }
        kind = "softmax" if way == "eager" else "scaled_dot_product_attention"
        assert rows["out_entropy"] == [kind, kind]
        assert "scaled_dot_product_attention" not in rows["out_rms"]
        assert quantities.BY_NAME["out_entropy"] in quantities.available(record)
        measured = record.outputs.values["out_entropy"]
        assert np.flatnonzero(np.isfinite(measured).any(axis=1)).tolist() == [0, 64]
    eager, fused = found
    assert all(0.2 < value < 0.95 for value in eager.values())
    assert fused == pytest.approx(eager, rel=1e-3)
