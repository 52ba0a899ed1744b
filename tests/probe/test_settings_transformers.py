# SPDX-License-Identifier: Apache-2.0
"""Settings as people combine them on real models: random-init ones of Transformers.

Each training runs once bare and once watched and must agree bit for bit, with warnings as errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from backprobe.probe.capture import COMPILED
from tests.probe.settings import Training, Watch, twice

transformers = pytest.importorskip("transformers")
Made = tuple[Training, list[nn.Module]]
VOCABULARY = 40


def llama(**settings: Any) -> Any:
    """Two blocks with grouped queries, RMS norms, SwiGLU and rotary positions."""
    return transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=VOCABULARY, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, use_cache=False, **settings,
        )
    )  # fmt: skip


def gpt2() -> Any:
    """Two blocks with dropout, layer norms, one projection for all three, tied embeddings."""
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=VOCABULARY, n_positions=16, n_embd=16, n_layer=2, n_head=2, use_cache=False,
            bos_token_id=0, eos_token_id=0, loss_type="ForCausalLM",
        )
    )  # fmt: skip


def tokens(rows: int = 2) -> Tensor:
    """Random token ids [rows, 12]."""
    return torch.randint(0, VOCABULARY, (rows, 12))


@pytest.mark.parametrize("build", [llama, gpt2])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("checkpointed", [False, True])
def test_all_at_once(watch: Watch, build: Any, dtype: torch.dtype, checkpointed: bool) -> None:
    """Autocast, GradScaler, accumulation, clipping, a schedule, groups, checkpointing together."""
    seen: dict[str, list[float]] = {}

    def make() -> Made:
        net = build()
        net.train()
        if checkpointed:
            net.activation_checkpointing_enable({"use_reentrant": False})
        decayed = [p for p in net.parameters() if p.dim() >= 2]
        rest = [p for p in net.parameters() if p.dim() < 2]
        groups = [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
        schedule = transformers.get_cosine_schedule_with_warmup(optimizer, 2, 8)
        scaler = torch.amp.GradScaler("cpu", init_scale=256.0, enabled=dtype == torch.float16)

        def train() -> Any:
            seen.update(losses=[], norms=[], rates=[])
            for _ in range(5):
                losses = []
                for _ in range(2):
                    ids = tokens()
                    with torch.autocast("cpu", dtype):
                        loss = net(input_ids=ids, labels=ids).loss
                    scaler.scale(loss / 2).backward()
                    losses.append(loss.item())
                scaler.unscale_(optimizer)
                norm = nn.utils.clip_grad_norm_(net.parameters(), 0.5)
                seen["rates"].append(optimizer.param_groups[0]["lr"])
                scaler.step(optimizer)
                scaler.update()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
                seen["losses"].append(sum(losses) / 2)
                seen["norms"].append(float(norm))
            return dict(seen), [p.double().sum().item() for p in net.parameters()]

        return train, [net]

    record = twice(watch, make).record
    steps = record.steps
    assert steps["backwards"].tolist() == [2] * 5
    # With checkpointing the user's own division is read off the graph, which is not unpacked.
    assert np.allclose(steps["loss"], seen["losses"], rtol=1e-3)
    assert np.allclose(steps["clip_norm"], seen["norms"], rtol=1e-3)
    assert np.allclose(steps["grad_norm"], np.minimum(seen["norms"], 0.5), rtol=1e-2)
    assert np.allclose(steps["lr"], seen["rates"])
    assert np.isfinite(steps["scale"]).all() == (dtype == torch.float16)
    assert {record.optimizers[0].groups[k]["weight_decay"] for k in (0, 1)} == {0.0, 0.1}
    assert (record.parameters_series.values["update_rms"][1:] > 0).any(axis=0).all()
    assert np.isfinite(record.outputs.values["out_rms"]).any(axis=0).sum() >= 15
    assert len(record.noise) >= 3
    entropy = record.outputs.values["out_entropy"]
    assert int(np.isfinite(entropy[0]).sum()) == 2  # one a block, also inside a checkpoint


def test_compiled_llama(watch: Watch) -> None:
    """`torch.compile` of a whole model: no graph more, no break, all steps there."""
    from torch import _dynamo as dynamo
    from torch._dynamo.utils import counters

    def make() -> Made:
        dynamo.reset()
        counters.clear()
        graphs: list[int] = []

        def backend(graph: Any, _: Any) -> Any:
            graphs.append(1)
            return graph.forward

        net = llama()
        model: Any = torch.compile(net, backend=backend)
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)

        def train() -> Any:
            losses = []
            for _ in range(4):
                ids = tokens()
                loss = model(input_ids=ids, labels=ids).loss
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            return losses, len(graphs), sum(counters["graph_break"].values())

        return train, [net]

    found = twice(watch, make)
    dynamo.reset()
    record = found.record
    assert np.allclose(record.steps["loss"], found.watched[0], rtol=1e-5)
    assert COMPILED in record.blind_spots
    assert (np.nan_to_num(record.parameters_series.values["grad_rms"]) > 0).any(axis=0).all()


def test_generated_saved_and_resumed_between_steps(watch: Watch, tmp_path: Path) -> None:
    """Text is generated with a cache, the model saved and loaded, and a copy trained on."""

    def make() -> Made:
        net = llama()

        def steps(model: Any) -> list[float]:
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
            losses = []
            for _ in range(3):
                ids = tokens()
                loss = model(input_ids=ids, labels=ids).loss
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
                losses.append(loss.item())
            return losses

        def train() -> Any:
            found: list[Any] = [steps(net)]
            net.eval()
            told = net.generate(
                tokens(1), max_new_tokens=4, do_sample=True, use_cache=True, pad_token_id=0
            )
            found.append(told.tolist())
            net.save_pretrained(tmp_path)
            back = transformers.LlamaForCausalLM.from_pretrained(tmp_path)
            assert all(
                torch.equal(a, b) for a, b in zip(net.parameters(), back.parameters(), strict=True)
            )
            net.train()
            back.train()
            found += [steps(net), steps(back)]
            return found

        return train, [net]

    record = twice(watch, make).record
    assert len(record.steps) == 9
    assert record.steps["optimizer"].tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert len({p.name for p in record.parameters}) >= 20
    assert record.steps["training"].tolist() == [1] * 9
