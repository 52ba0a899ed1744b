# SPDX-License-Identifier: Apache-2.0
"""LRFinder: what it suggests, when it refuses, and that everything is as it was afterwards."""

from __future__ import annotations

import copy
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

import backprobe
from backprobe.experiments.lr_finder import LRFinder
from tests.experiments.nets import classifier, loader, rows


def test_a_network_that_learns_gets_a_rate_at_which_it_learns() -> None:
    """Training at the suggestion reaches a far lower loss than at a hundredth of it."""
    model = classifier()
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss(), "cpu")
    finder.range_test(loader(), end_lr=10, num_iter=100)
    rate = finder.suggestion()
    assert finder.refused is None
    assert rate is not None
    assert finder.range is not None
    assert finder.range[0] <= rate <= finder.range[1]

    def trained(lr: float) -> float:
        network = classifier()
        optimizer = torch.optim.Adam(network.parameters(), lr)
        for _ in range(5):
            for x, y in loader():
                optimizer.zero_grad()
                loss = F.cross_entropy(network(x), y)
                loss.backward()
                optimizer.step()
        x, y = rows(seed=1)
        return float(F.cross_entropy(network(x), y).detach())

    assert trained(rate) < 0.5 * trained(rate / 100)


def test_everything_is_as_it_was_bit_for_bit() -> None:
    """Weights, buffers, gradients, optimizer, schedule and every random stream; and it says so."""
    model = classifier(drop=0.2, norm=True)
    model.register_buffer("hidden", torch.zeros(1), persistent=False)
    groups: list[dict[str, Any]] = [
        {"params": model[0].parameters(), "lr": 1e-3},
        {"params": model[2:].parameters()},
    ]
    optimizer = torch.optim.Adam(groups, lr=1e-2)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    batches = loader(generator=torch.Generator().manual_seed(3))
    for x, y in batches:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    scheduler.step()
    model[1].eval()
    before = copy.deepcopy((model.state_dict(), optimizer.state_dict(), scheduler.state_dict()))
    gradients = [p.grad.clone() for p in model.parameters() if p.grad is not None]
    held = [p.grad for p in model.parameters()]
    numpys: Any = np.random.get_state()
    streams = torch.get_rng_state(), random.getstate(), numpys[1].copy()
    order = batches.generator.get_state()
    finder = LRFinder(model, optimizer, nn.CrossEntropyLoss()).range_test(batches, repeats=2)
    after = (model.state_dict(), optimizer.state_dict(), scheduler.state_dict())
    assert _same(before, after)
    assert all(a is b.grad for a, b in zip(held, model.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(gradients, held, strict=True))  # type: ignore[arg-type]
    assert torch.equal(streams[0], torch.get_rng_state())
    assert streams[1] == random.getstate()
    numpys = np.random.get_state()
    assert (streams[2] == numpys[1]).all()
    assert torch.equal(order, batches.generator.get_state())
    assert [model.training, model[1].training] == [True, False]
    assert finder.restored is True
    assert len(finder.sweeps) == 2


def test_attributes_that_a_forward_makes_are_taken_away() -> None:
    """A counter in the module is where it was, and what was not there before is gone."""

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = classifier()
            self.calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            self.cache = x
            return self.body(x)

    model = Net()
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss())
    finder.range_test(loader(), num_iter=30, repeats=1)
    assert model.calls == 0
    assert "cache" not in model.__dict__
    assert finder.restored is True


def test_training_goes_on_as_if_nothing_had_been() -> None:
    """The same training with and without a range test gives the same losses to the last bit."""

    def losses(test: bool) -> list[float]:
        model = classifier(drop=0.3, norm=True)
        optimizer = torch.optim.SGD(model.parameters(), 0.05, momentum=0.9)
        batches = loader()
        torch.manual_seed(5)
        found = []
        for epoch in range(2):
            if test and epoch == 1:
                LRFinder(model, optimizer, nn.CrossEntropyLoss()).range_test(batches, num_iter=40)
            for x, y in batches:
                optimizer.zero_grad()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
                found.append(loss.item())
        return found

    assert losses(False) == losses(True)


def test_labels_without_a_relation_to_the_inputs_are_refused() -> None:
    """Nothing can be learned: no number is given, and the reason says what to check."""
    x, _ = rows()
    y = torch.randint(0, 3, (512,), generator=torch.Generator().manual_seed(9))
    model = classifier()
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss())
    finder.range_test(DataLoader(TensorDataset(x, y), 32, shuffle=True))
    assert finder.suggestion() is None
    assert finder.refused is not None
    assert "flat" in finder.refused


def test_a_loss_of_nan_is_refused() -> None:
    """It ends at once, and says so."""
    x, y = rows()
    x[:, 0] = float("nan")
    model = classifier()
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss())
    finder.range_test(DataLoader(TensorDataset(x, y), 32))
    assert finder.suggestion() is None
    assert "not finite" in (finder.refused or "")


def test_a_sweep_that_ends_too_low_is_refused() -> None:
    """Where the loss still falls at the highest rate, that is said."""
    model = classifier()
    finder = LRFinder(model, torch.optim.SGD(model.parameters(), 0.1), nn.CrossEntropyLoss())
    finder.range_test(loader(), start_lr=1e-3, end_lr=0.5, repeats=1)
    assert finder.suggestion() is None
    assert "still falls" in (finder.refused or "")


def test_groups_keep_their_proportion() -> None:
    """Every group's rate is the first one's times what it was before."""
    model = classifier()
    groups: list[dict[str, Any]] = [
        {"params": list(model[0].parameters()), "lr": 0.01},
        {"params": list(model[2].parameters()), "lr": 0.1},
        {"params": list(model[4].parameters()), "lr": 0.0},
    ]
    optimizer = torch.optim.SGD(groups, lr=0.01)
    seen = []
    optimizer.register_step_pre_hook(
        lambda one, *_: seen.append([group["lr"] for group in one.param_groups])
    )
    LRFinder(model, optimizer, nn.CrossEntropyLoss()).range_test(loader(), num_iter=30, repeats=1)
    assert all(b == pytest.approx(10 * a) and c == 0 for a, b, c in seen)
    assert [group["lr"] for group in optimizer.param_groups] == [0.01, 0.1, 0.0]


def test_a_frozen_group_first_does_not_stop_the_others() -> None:
    """A first group with a rate of 0 says nothing of the proportion."""
    model = classifier()
    groups: list[dict[str, Any]] = [
        {"params": list(model[:4].parameters()), "lr": 0.0},
        {"params": list(model[4].parameters())},
    ]
    finder = LRFinder(model, torch.optim.SGD(groups, lr=0.1), nn.CrossEntropyLoss())
    finder.range_test(loader(), num_iter=40, repeats=1)
    assert finder.sweeps[0].loss[-1] != finder.sweeps[0].loss[0]


def test_accumulation_averages_over_the_batches_of_a_step() -> None:
    """Four quarter batches a step measure the loss of the whole batch."""
    whole, parts = classifier(), classifier()
    x, y = rows(128)
    big = [(x, y)]
    small = [(x[i : i + 32], y[i : i + 32]) for i in range(0, 128, 32)]
    one = LRFinder(whole, torch.optim.SGD(whole.parameters(), 0.1), nn.CrossEntropyLoss())
    four = LRFinder(parts, torch.optim.SGD(parts.parameters(), 0.1), nn.CrossEntropyLoss())
    one.range_test(big, num_iter=40, repeats=1)
    four.range_test(small, num_iter=40, repeats=1, accumulation_steps=4)
    assert four.sweeps[0].loss[:30] == pytest.approx(one.sweeps[0].loss[:30], rel=1e-4)


def test_losses_below_zero() -> None:
    """Divergence is told by the rise, where a multiple of the best means nothing."""
    model = nn.Linear(8, 1)
    x, _ = rows()
    y = x[:, :1] * 2

    def negative(output: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(output, target) - 5.0

    finder = LRFinder(model, torch.optim.SGD(model.parameters(), 0.1), negative)
    finder.range_test(DataLoader(TensorDataset(x, y), 32, shuffle=True))
    assert finder.sweeps[0].end == "diverged"
    assert min(finder.sweeps[0].loss) < 0
    assert finder.suggestion() is not None


def test_mixed_precision_uses_a_scaler_of_its_own() -> None:
    """The user's scaler is neither driven down nor touched."""
    model = classifier()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    finder = LRFinder(
        model,
        optimizer,
        nn.CrossEntropyLoss(),
        grad_scaler=scaler,
        amp_config={"dtype": torch.bfloat16},
    )
    finder.range_test(loader(), repeats=1)
    assert scaler.get_scale() == 1024.0
    assert finder.restored is True
    assert min(finder.sweeps[0].loss) < 0.8 * finder.sweeps[0].loss[0]


def test_the_loss_is_taken_from_what_the_model_gives() -> None:
    """`LRFinder(net, optimizer, device)` knows cross entropy, and logs to the run where asked."""
    model = classifier()
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), torch.device("cpu"))
    finder.range_test(loader(), end_lr=10, num_iter=100)
    assert finder.suggestion() is not None


def test_an_output_that_fits_no_loss_is_told() -> None:
    """The error names output, target, and what to give."""
    model = nn.Linear(8, 5)
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), "cpu")
    x, _ = rows()
    with pytest.raises(ValueError, match=r"no loss is sure to fit .*\[32, 5\].*\[32, 2\]"):
        finder.range_test(DataLoader(TensorDataset(x, x[:, :2]), 32))
    assert finder.restored is True


def test_logging_to_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`logwandb=True` gives the run a `lr` and a `loss` for each point."""
    monkeypatch.setenv("BACKPROBE_DIR", str(tmp_path))
    model = classifier()
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), "cpu")
    with pytest.raises(ValueError, match=r"backprobe.init\(\)"):
        finder.range_test(loader(), logwandb=True)
    run = backprobe.init(name="range")
    finder.range_test(loader(), end_lr=10, num_iter=100, logwandb=True)
    assert run.summary["lr"] == finder.history["lr"][-1]
    assert run.step == len(finder.history["lr"])
    backprobe.finish()


def test_batches_of_other_kinds() -> None:
    """Dicts by name, several inputs, and a model that computes its own loss."""

    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = classifier()

        def forward(self, left: Tensor, right: Tensor) -> Tensor:
            return self.body(torch.cat([left, right], 1))

    class Own(Two):
        def forward(self, left: Tensor, right: Tensor, labels: Tensor | None = None) -> Any:
            logits = super().forward(left, right)
            loss = None if labels is None else F.cross_entropy(logits, labels)
            return {"loss": loss, "logits": logits}

    x, y = rows()
    parts = [(x[i : i + 32, :4], x[i : i + 32, 4:], y[i : i + 32]) for i in range(0, 512, 32)]
    dicts = [{"left": a, "right": b, "labels": c} for a, b, c in parts]
    kinds: list[tuple[nn.Module, Any, Any]] = [
        (Two(), parts, nn.CrossEntropyLoss()),
        (Two(), dicts, nn.CrossEntropyLoss()),
        (Own(), dicts, None),
        (Own(), dicts, nn.CrossEntropyLoss()),
    ]
    for model, batches, criterion in kinds:
        finder = LRFinder(model, torch.optim.Adam(model.parameters()), criterion, "cpu")
        finder.range_test(batches, repeats=1)
        assert finder.sweeps[0].loss[0] == pytest.approx(1.1, abs=0.25)
        assert min(finder.sweeps[0].loss) < 0.9


@pytest.mark.slow
def test_a_model_of_transformers_computes_its_own_loss() -> None:
    """Dict batches with labels, as its data collators give them."""
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=30,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=16,
        num_labels=2,  # type: ignore[call-arg]
    )
    torch.manual_seed(0)
    model = BertForSequenceClassification(config)
    ids = torch.randint(5, 30, (256, 8), generator=torch.Generator().manual_seed(1))
    labels = (ids[:, 0] > 17).long()
    batches = [
        {
            "input_ids": ids[i : i + 16],
            "attention_mask": torch.ones(16, 8).long(),
            "labels": labels[i : i + 16],
        }
        for i in range(0, 256, 16)
    ]
    finder = LRFinder(model, torch.optim.AdamW(model.parameters()), "cpu")
    finder.range_test(batches, num_iter=60, repeats=1)
    assert finder.sweeps[0].loss[0] == pytest.approx(0.69, abs=0.1)
    assert finder.restored is True


def test_validation_losses() -> None:
    """With a held-out loader its mean loss is measured, in eval mode."""
    model = classifier(norm=True)
    x, y = rows(seed=4)
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss())
    finder.range_test(loader(), [(x, y)], num_iter=30, repeats=1)
    model.eval()
    with torch.no_grad():
        first = float(F.cross_entropy(model(x), y))
    assert finder.sweeps[0].loss[0] == pytest.approx(first, abs=0.01)


def test_plot_returns_the_axes_and_the_suggestion() -> None:
    """As code for the well-known finder expects it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    model = classifier()
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss())
    finder.range_test(loader())
    _, axes = pyplot.subplots()
    found, rate = finder.plot(ax=axes)
    assert found is axes
    assert rate == finder.suggestion()
    assert finder.plot(ax=axes, suggest_lr=False) is axes
    finder.reset()
    pyplot.close("all")


def test_plot_without_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The curve and the suggestion are there all the same."""
    model = classifier()
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss())
    finder.range_test(loader(), num_iter=30, repeats=1)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        finder.plot()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_iter": 1}, "num_iter=1"),
        ({"step_mode": "log"}, "step_mode='log'"),
        ({"start_lr": 1.0, "end_lr": 0.1}, "start_lr=1 and end_lr=0.1"),
        ({"smooth_f": 1.5}, "smooth_f=1.5"),
        ({"accumulation_steps": 0}, "accumulation_steps=0"),
    ],
)
def test_arguments_that_make_no_sweep(arguments: dict[str, Any], message: str) -> None:
    """The error says what was given and what was expected."""
    model = classifier()
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss())
    with pytest.raises(ValueError, match=message):
        finder.range_test(loader(), **arguments)


def test_a_generator_of_batches_is_told_of() -> None:
    """What was taken from an iterator can't be given back."""
    model = classifier()
    x, y = rows(4096)
    batches = ((x[i : i + 32], y[i : i + 32]) for i in range(0, 4096, 32))
    finder = LRFinder(model, torch.optim.Adam(model.parameters()), nn.CrossEntropyLoss())
    finder.range_test(batches, num_iter=50, repeats=1)
    assert any("iterator" in note for note in finder.notes)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)
