# SPDX-License-Identifier: Apache-2.0
"""Expected losses and sizes, against torch's own numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from backprobe.records import Loss, Parameter
from backprobe.signals.baseline import binary_entropy, prior_entropy, trivial_loss
from backprobe.signals.gradient_flow import DERIVATIVE_RMS
from backprobe.signals.init_scale import default_std, he_std, initial_rms, xavier_std
from backprobe.signals.initial_loss import expected_initial_loss
from backprobe.signals.layers import fans

SHARES = (0.6, 0.2, 0.1, 0.1)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_healthy_initial_cross_entropy_bounds_logits_of_unit_std(classes: int) -> None:
    """ln C + 1/2 is what logits of std 1 cost, within a few percent of it."""
    torch.manual_seed(0)
    logits = torch.randn(20_000 if classes < 100 else 2_000, classes)
    measured = functional.cross_entropy(logits, torch.randint(0, classes, (len(logits),))).item()
    expected = expected_initial_loss(Loss(0, "cross_entropy", classes=classes))
    assert expected is not None
    assert expected.ideal == pytest.approx(math.log(classes))
    assert expected.ideal < measured <= expected.healthy * 1.02


def test_trivial_cross_entropy_is_the_entropy_of_the_prior() -> None:
    """It equals torch's loss of the best constant logits."""
    counts = [700, 200, 100]
    target = torch.arange(3).repeat_interleave(torch.tensor(counts))
    logits = torch.tensor([c / 1000 for c in counts]).log().expand(1000, 3)
    best = functional.cross_entropy(logits, target).item()
    loss = Loss(0, "cross_entropy", classes=3, target={"classes": counts}, reduction="mean")
    assert trivial_loss(loss) == pytest.approx(best, rel=2e-3)


def test_prior_entropy_of_small_batches_has_no_bias() -> None:
    """Miller's correction makes up for classes that a few rows miss."""
    rng = np.random.default_rng(0)
    entropies = [
        prior_entropy(np.bincount(rng.choice(4, 40, p=SHARES), minlength=4).tolist())
        for _ in range(200)
    ]
    exact = -sum(p * math.log(p) for p in SHARES)
    assert np.mean(entropies) == pytest.approx(exact, rel=0.01)


def test_trivial_mse_lets_each_output_have_its_own_constant() -> None:
    """The mean image of an autoencoder is a constant answer too."""
    target = {"mean": 5.0, "std": 4.0, "output_std": 0.5}
    assert trivial_loss(Loss(0, "mse", target=target, reduction="mean")) == pytest.approx(0.25)


def test_a_sum_is_scaled_by_what_it_adds_up() -> None:
    """`reduction='sum'` over 32 × 3 numbers costs 96 times the mean."""
    loss = Loss(0, "mse", target={"std": 2.0}, reduction="sum", loss_shape=(32, 3))
    assert trivial_loss(loss) == pytest.approx(4.0 * 96)


@pytest.mark.parametrize(("spread", "bend"), [(0.15, 0.1), (1.0, 1.0), (3.0, 1.0), (0.2, 1.0)])
def test_a_loss_that_bends_has_the_trivial_loss_of_its_bend(spread: float, bend: float) -> None:
    """Smooth L1 with its `beta`, Huber with its `delta`, of normal targets."""
    y = torch.randn(400_000, dtype=torch.float64) * spread
    smooth = Loss(0, "smooth_l1", target={"std": spread}, reduction="mean", bend=bend)
    huber = Loss(0, "huber", target={"std": spread}, reduction="mean", bend=bend)
    zero = torch.zeros_like(y)
    best = functional.smooth_l1_loss(zero, y, beta=bend).item()
    assert trivial_loss(smooth) == pytest.approx(best, rel=0.02)
    best = functional.huber_loss(zero, y, delta=bend).item()
    assert trivial_loss(huber) == pytest.approx(best, rel=0.02)


def test_targets_that_are_all_alike_have_no_trivial_loss() -> None:
    """The discriminator's ones leave nothing to beat."""
    assert trivial_loss(Loss(0, "bce_with_logits", target={"mean": 1.0}, reduction="mean")) is None
    assert binary_entropy(0.5) == pytest.approx(math.log(2))


def test_default_std_is_that_of_torch() -> None:
    """Linear and convolution layers draw from U(±1/sqrt(fan_in))."""
    torch.manual_seed(0)
    linear, conv = nn.Linear(300, 400), nn.Conv2d(16, 64, 5)
    assert linear.weight.std().item() == pytest.approx(default_std(300), rel=0.02)
    assert conv.weight.std().item() == pytest.approx(default_std(16 * 25), rel=0.02)


def test_he_and_xavier_are_those_of_torch() -> None:
    """Against `torch.nn.init` on one weight."""
    torch.manual_seed(0)
    weight = torch.empty(400, 300)
    assert nn.init.kaiming_normal_(weight).std().item() == pytest.approx(he_std(300), rel=0.02)
    drawn = nn.init.xavier_normal_(weight, gain=5 / 3).std().item()
    assert drawn == pytest.approx(xavier_std(300, 400, 5 / 3), rel=0.02)


def test_fans_are_those_of_torch() -> None:
    """Also of convolutions, and the other way round where they are transposed."""
    assert fans((64, 16, 5, 5)) == nn.init._calculate_fan_in_and_fan_out(torch.empty(64, 16, 5, 5))
    assert fans((16, 64, 5, 5), transposed=True) == (16 * 25, 64 * 25)


def test_rms_of_a_constant_weight_is_its_size() -> None:
    """All 100 has RMS 100 although its std is 0."""
    parameter = Parameter(0, "w", 0, (2, 2), initial={"mean": -100.0, "std": 0.0})
    assert initial_rms(parameter) == 100.0


@pytest.mark.parametrize("kind", sorted(DERIVATIVE_RMS))
def test_derivative_rms_is_the_integral(kind: str) -> None:
    """Over a unit normal input, through torch's own derivative."""
    torch.manual_seed(0)
    x = torch.linspace(-6, 6, 20_001, dtype=torch.float64, requires_grad=True)
    function = getattr(torch, kind, None) or getattr(functional, kind)
    function(x).sum().backward()
    assert x.grad is not None
    weight = torch.exp(-(x.detach() ** 2) / 2)
    rms = ((weight * x.grad**2).sum() / weight.sum()).sqrt().item()
    assert DERIVATIVE_RMS[kind] == pytest.approx(rms, abs=0.05)


def test_a_sum_of_cross_entropies_has_the_trivial_loss_of_even_odds() -> None:
    """Both directions of a contrast of 32 pairs; not where another summand is unknown."""
    side = {"reduction": "mean", "shape": [32, 32], "scale": 0.5, "kind": "nll"}
    loss = Loss(0, "cross_entropy", reduction="mean", terms=2, summands=(side, side))
    assert trivial_loss(loss) == pytest.approx(math.log(32))
    other = {"reduction": "mean", "shape": [32, 8], "scale": 1.0}
    assert trivial_loss(replace(loss, summands=(side, other))) is None
    assert trivial_loss(replace(loss, terms=3)) is None


def test_a_summed_cross_entropy_counts_rows_not_scores() -> None:
    """64 rows of 10 classes, each as frequent as the others."""
    loss = Loss(
        0,
        "cross_entropy",
        reduction="sum",
        classes=10,
        loss_shape=(64, 10),
        target_shape=(64,),
        target={"classes": [10_000] * 10},
    )
    assert trivial_loss(loss) == pytest.approx(64 * math.log(10), rel=1e-3)
