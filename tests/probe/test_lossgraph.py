# SPDX-License-Identifier: Apache-2.0
"""What a loss is, read off the graph of really computed ones."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # as users write it
from torch import Tensor, nn

from backprobe.probe import lossgraph, predictions

from .conftest import Watch

ROWS, WIDTH = 8, 5


def scores() -> Tensor:
    """[8, 5] from a layer with weights."""
    torch.manual_seed(0)
    found: Tensor = nn.Linear(3, WIDTH)(torch.randn(ROWS, 3))
    return found


def read(loss: Tensor) -> lossgraph.LossReading:
    """The reading of a loss of which all may be looked at."""
    return lossgraph.read(loss.grad_fn, lambda _: True)


def test_a_divergence_of_probabilities_is_told_from_one_of_logarithms() -> None:
    """`kl_div` has no node of its own; what comes before it is read all the same."""
    targets = torch.rand(ROWS, WIDTH).softmax(1)
    right = read(F.kl_div(F.log_softmax(scores(), 1), targets, reduction="batchmean"))
    wrong = read(F.kl_div(F.softmax(scores(), 1), targets, reduction="batchmean"))
    assert (right.kind, right.before) == ("kl_div", ("log_softmax",))
    assert (wrong.kind, wrong.before) == ("kl_div", ("softmax",))
    assert right.target is not None
    assert torch.equal(right.target, targets)


def test_a_picked_log_softmax_by_hand_is_a_cross_entropy() -> None:
    """`-(scores - logsumexp)[rows, targets].mean()`; a policy's, whose rows are weighed, is not."""
    s = scores()
    chosen = (s - s.logsumexp(1, keepdim=True))[torch.arange(ROWS), torch.arange(ROWS) % WIDTH]
    found = read(-chosen.mean())
    assert (found.kind, found.output_shape) == ("cross_entropy", (ROWS, WIDTH))
    assert read(-(chosen * torch.randn(ROWS)).mean()).kind == "custom"


def test_a_masked_sum_over_its_mask_is_a_mean() -> None:
    """However few a mask keeps; over the rows it stays a sum, and so does what is weighed by signs.

    The factor of all is then none of the loss's.
    """
    mask = torch.tensor([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    targets = torch.zeros(ROWS, dtype=torch.long)
    each = F.cross_entropy(scores(), targets, reduction="none")
    kept = read((each * mask).sum() / mask.sum())
    assert (kept.reduction, kept.scale, kept.folded) == ("mean", 1.0, 3)
    part = read((each * mask).sum() / (4 * mask.sum()))
    assert part.reduction == "mean"
    assert part.scale == pytest.approx(0.25)
    assert read((each * mask).sum()).reduction == "sum"
    assert read((each * (mask - 0.5)).sum() / 8).reduction == "none"
    by_hand = -scores().log_softmax(1)[torch.arange(ROWS), targets]
    assert read((by_hand * mask).sum() / mask.sum()).reduction == "mean"
    ignored = targets.masked_fill(mask == 0, -100)
    built_in = F.cross_entropy(scores(), ignored, reduction="sum") / mask.sum()
    assert (read(built_in).reduction, read(built_in).folded) == ("mean", 3)


def test_a_mean_over_rows_of_their_sums_is_a_mean_times_their_length() -> None:
    """As of a picture's pixels; a mask's share of a row counts."""
    each = F.mse_loss(scores(), torch.zeros(ROWS, WIDTH), reduction="none")
    found = read(each.sum(1).mean())
    assert (found.reduction, found.scale) == ("mean", WIDTH)
    mask = torch.ones(ROWS, WIDTH)
    mask[:, 2:] = 0.0
    assert read((each * mask).sum(-1).mean()).scale == 2.0
    columns = read(each.sum(0).mean())
    assert (columns.reduction, columns.scale) == ("sum", 1.0 / WIDTH)


ERRORS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "row sums": (lambda e: (e**2).sum(1).mean(), WIDTH),
    "sums of a block": (lambda e: (e.view(2, 4, WIDTH) ** 2).sum((1, 2)).mean(), 4 * WIDTH),
    "a norm": (lambda e: torch.norm(e) ** 2 / e.numel(), 1.0),
    "norms of rows": (lambda e: e.norm(dim=1).pow(2).mean(), WIDTH),
    "column means": (lambda e: (e**2).mean(0).sum(), WIDTH),
    "rows' means": (lambda e: (e * e).mean(1).sum() / len(e), 1.0),
    "halves": (lambda e: (0.5 * e**2).sum(1).mean(), WIDTH / 2.0),
    "a unit": (lambda e: ((e / 2.0) ** 2).mean(), 0.25),
    "roots": (lambda e: torch.sqrt(e**2 + 1e-12).mean(), 1.0),
    "distances": (lambda e: F.pairwise_distance(e, e.detach() * 0.0).pow(2).mean(), WIDTH),
    "sizes": (lambda e: e.abs().sum(-1).mean(), WIDTH),
}
"""What a script does with its errors → times the mean of all numbers."""


@pytest.mark.parametrize("form", ERRORS)
def test_errors_that_are_written_out_count_as_often_as_they_are_added(form: str) -> None:
    """The value over the scale is the mean of the squares, or sizes, however it is written."""
    error = scores() - torch.ones(ROWS, WIDTH)
    formula, scale = ERRORS[form]
    loss = formula(error)
    found = read(loss)
    mean = error.abs().mean() if found.kind == "l1" else error.square().mean()
    assert found.reduction == "mean"
    assert found.scale == pytest.approx(scale)
    assert loss.item() / found.scale == pytest.approx(mean.item(), rel=1e-5)


@pytest.mark.parametrize(
    "formula",
    [
        lambda e: (e**2).median(),
        lambda e: (e**4).mean(),
        lambda e: e.abs().pow(1.5).mean(),
        lambda e: (e**2 / (1.0 + e**2)).mean(),
        lambda e: torch.where(e < 0.0, 2.0 * e**2, e**2).mean(),
        lambda e: (e**2).mean(1).topk(3).values.mean(),
    ],
)
def test_what_is_no_mean_of_squares_is_a_loss_of_its_own(formula: Any) -> None:
    """What a constant answer gives is the variance of the targets for squares only."""
    assert read(formula(scores() - torch.ones(ROWS, WIDTH))).kind == "custom"


def test_weights_are_neither_a_difference_nor_a_mask() -> None:
    """What each square is weighed by is no part of its targets."""
    targets, weights = torch.randn(ROWS, WIDTH), 1.0 + torch.rand(ROWS, WIDTH)
    error = scores() - targets
    weighed = read((weights * error**2).sum() / weights.sum())
    inside = read(((weights * error) ** 2).mean())
    masked = read(((weights > 1.5).float() * error**2).mean())
    assert weighed.weighted
    assert inside.weighted
    assert not masked.weighted
    assert "difference" not in inside.extra
    for found in (weighed, masked):
        assert torch.equal(found.extra["difference"], error)


@pytest.mark.parametrize(
    ("formula", "rooted"),
    [
        (lambda e: F.mse_loss(e, torch.ones(ROWS, WIDTH)), None),
        (lambda e: torch.sqrt(F.mse_loss(e, torch.ones(ROWS, WIDTH)) + 1e-8), "mean"),
        (lambda e: ((e - torch.ones(ROWS, WIDTH)) ** 2).mean() ** 0.5 / 3.0, "mean"),
        (lambda e: ((e - torch.ones(ROWS, WIDTH)) ** 2).sum(1).sqrt().mean(), "other"),
        (lambda e: ((e - torch.ones(ROWS, WIDTH)) ** 2).mean(0).sqrt().mean(), "other"),
        (lambda e: torch.log(((e - torch.ones(ROWS, WIDTH)) ** 2).mean()), "other"),
        (lambda e: torch.log1p((e - torch.ones(ROWS, WIDTH)) ** 2).mean(), "other"),
    ],
)
def test_the_root_of_a_mean_is_told(formula: Any, rooted: str | None) -> None:
    """An RMSE is measured in the targets' unit, a squared error in its square."""
    found = read(formula(scores()))
    assert (found.kind, found.extra.get("rooted")) == ("mse", rooted)


def test_weights_that_nothing_divides_are_a_factor() -> None:
    """Of rows by hand, and of classes: the value over the scale is the weighted mean."""
    targets = torch.arange(ROWS) % WIDTH
    classes = torch.tensor([4.0, 1.0, 2.0, 0.5, 1.0])
    rows, mean = classes[targets], float(classes[targets].mean())
    s = scores()
    each = F.cross_entropy(s, targets, reduction="none")
    losses = (
        (each * rows).mean(),
        F.cross_entropy(s, targets, weight=classes, reduction="none").mean(),
        F.cross_entropy(s, targets, weight=classes, reduction="sum") / ROWS,
    )
    for loss in losses:
        found = read(loss)
        assert found.weighted
        assert found.reduction != "sum"
        assert found.scale == pytest.approx(mean, rel=1e-5)
    shared = read((each * rows).sum() / rows.sum())
    assert (shared.scale, shared.weighted) == (1.0, True)


def test_what_is_done_to_a_built_in_loss_is_told() -> None:
    """Its largest rows, its powers and logarithms are no mean of it."""
    each = F.cross_entropy(scores(), torch.zeros(ROWS, dtype=torch.long), reduction="none")
    for loss in (each.topk(3).values.mean(), each.pow(2).mean(), each.mean().log1p()):
        found = read(loss)
        assert (found.kind, found.extra.get("rooted")) == ("cross_entropy", "other")
    assert "rooted" not in read(each[:3].mean()).extra


def test_a_likelihood_that_is_negated_is_no_negative_loss() -> None:
    """`Bernoulli.log_prob` is less the binary cross entropy."""
    chosen = torch.distributions.Bernoulli(logits=scores())
    found = read(-chosen.log_prob(torch.ones(ROWS, WIDTH)).sum(1).mean())
    assert (found.kind, found.reduction, found.scale) == ("bce_with_logits", "mean", WIDTH)


def test_classes_lie_along_the_axis_of_the_softmax() -> None:
    """A script's own loss picks log probabilities along any axis; a built-in one, the second."""
    s = scores().unflatten(0, (2, 4))  # [2 rows, 4 places, 5 classes]
    chosen = torch.zeros(2, 4, 1, dtype=torch.long)
    last = read(-s.log_softmax(-1).gather(-1, chosen).mean())
    middle = read(-s.mT.log_softmax(1).gather(1, chosen.mT).mean())
    built_in = read(F.cross_entropy(s.mT, chosen[..., 0]))
    assert [predictions.classes_of(r) for r in (last, middle, built_in)] == [WIDTH] * 3


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        (lambda d, _: (d * d).mean(), "mse"),
        (lambda d, w: (w * d**2).mean(), "mse"),
        (lambda d, w: (w * d.abs()).mean(), "l1"),
        (lambda d, w: (w * d).mean(), "custom"),
    ],
)
def test_only_a_product_of_one_thing_with_itself_is_a_square(formula: Any, kind: str) -> None:
    """A weight is no square."""
    difference = scores() - torch.randn(ROWS, WIDTH)
    assert read(formula(difference, torch.rand(ROWS, WIDTH))).kind == kind


def test_summands_tell_how_they_were_reduced() -> None:
    """A mean over all numbers, and a sum over the rows that is divided by their number."""
    s = scores()
    loss = F.mse_loss(s, torch.randn(ROWS, WIDTH)) + 0.5 * s.pow(2).sum() / ROWS
    assert [dict(part) for part in read(loss).summands] == [
        {"reduction": "mean", "shape": [ROWS, WIDTH], "scale": 1.0, "kind": "mse"},
        {"reduction": "sum", "shape": [ROWS, WIDTH], "scale": 0.5 / ROWS},
    ]


@pytest.mark.parametrize(
    "penalty",
    [
        lambda net: sum((p**2).sum() for p in net.parameters()),
        lambda net: sum(p.norm() ** 2 for p in net.parameters()),
        lambda net: sum((p * p).sum() for p in net.parameters()),
        lambda net: torch.cat([p.reshape(-1) for p in net.parameters()]).square().sum(),
    ],
)
def test_squares_of_parameters_are_told_from_other_summands(penalty: Any) -> None:
    """With their factor and shapes; an error of rows has none."""
    net = nn.Linear(3, WIDTH)
    error = F.mse_loss(net(torch.randn(ROWS, 3)), torch.zeros(ROWS, WIDTH))
    found = read(error + 0.25 * penalty(net)).summands
    squares = [s for s in found if s.get("squares_of")]
    assert [shape for s in squares for shape in s["squares_of"]] == [[WIDTH, 3], [WIDTH]]
    assert {s["scale"] for s in squares} == {0.25}
    assert len(found) == len(squares) + 1


def test_shares_of_classes_are_read() -> None:
    """What `cross_entropy` is given instead of class ids."""
    shares = torch.rand(ROWS, WIDTH)
    found = read(F.cross_entropy(scores(), shares))
    assert found.kind == "cross_entropy"
    assert torch.equal(found.extra["shares"], shares)


@pytest.mark.parametrize(("divisor", "scale"), [(ROWS, 1.0), (4 * ROWS, 0.25), (1, 1.0)])
def test_a_sum_that_is_divided_by_its_count_is_a_mean(divisor: int, scale: float) -> None:
    """Of all rows, or of those of four batches of one step; a sum that is left alone stays one."""
    targets = torch.arange(ROWS) % WIDTH
    found = read(F.cross_entropy(scores(), targets, reduction="sum") / divisor)
    assert (found.reduction, found.folded) == (("sum", 1) if divisor == 1 else ("mean", ROWS))
    assert found.scale == pytest.approx(scale)


def test_summands_that_torch_computes_in_one_node_have_a_kind() -> None:
    """Both sides of a contrast; a hand-written summand has none."""
    s, targets = scores(), torch.arange(ROWS) % WIDTH
    found = read(F.cross_entropy(s, targets) + F.mse_loss(s, s.detach() + 1) + s.abs().mean())
    assert [one.get("kind") for one in found.summands] == ["nll", "mse", None]


def test_the_axis_of_classes_is_told() -> None:
    """Of a cross entropy, and of a divergence between shares; an error of scores has none."""
    s, targets = scores(), torch.arange(ROWS) % WIDTH
    shares = F.kl_div(F.log_softmax(s / 4, 1), torch.rand(ROWS, WIDTH), reduction="batchmean")
    error = F.mse_loss(s, torch.zeros(ROWS, WIDTH))
    found = read(F.cross_entropy(s, targets) + 16 * shares + error)
    assert [one.get("classes") for one in found.summands] == [1, 1, None]


@pytest.mark.parametrize("squared", [F.mse_loss, lambda a, b: ((a - b) ** 2).mean()])
def test_a_gate_is_no_activation_of_the_output(squared: Any) -> None:
    """What it multiplies takes any value; a mask or a dropout changes nothing."""
    target, mask = torch.randn(ROWS, WIDTH), torch.ones(ROWS, WIDTH)
    assert read(squared(scores().sigmoid() * scores(), target)).before == ()
    assert read(squared(scores().sigmoid() * mask, target)).before == ("sigmoid",)
    assert read(squared(F.dropout(scores().sigmoid()), target)).before == ("sigmoid",)


def test_poissons_likelihood_of_logarithms_is_read_with_its_targets() -> None:
    """Whatever is added to it; one of rates has no `exp`."""
    target = torch.poisson(torch.full((ROWS, WIDTH), 2.0))
    rates = F.softplus(scores())
    for full in (False, True):
        found = read(F.poisson_nll_loss(rates, target, full=full))
        assert (found.kind, found.before) == ("poisson_nll", ("exp", "softplus"))
        assert found.target is not None
        assert torch.equal(found.target, target)
    assert read(F.poisson_nll_loss(rates, target, log_input=False)).kind == "custom"
    other = scores() * 2
    assert read((scores().exp() - target * other).mean()).kind == "custom"


def test_the_variance_of_a_gaussian_tells_whether_it_is_an_output() -> None:
    """Data in its place is kept, beside two outputs only."""
    mean, target = scores(), torch.rand(ROWS, WIDTH) + 0.5
    variance = F.softplus(scores())
    given = read(F.gaussian_nll_loss(mean, variance, target)).extra["variance"]
    assert torch.equal(given, target)
    for right in ((mean, target, variance), (mean, target, target), (mean, variance, variance)):
        assert "variance" not in read(F.gaussian_nll_loss(*right)).extra


@pytest.mark.parametrize("loss", [F.binary_cross_entropy, F.binary_cross_entropy_with_logits])
def test_an_output_given_as_the_target_is_told(loss: Any) -> None:
    """By where the gradient flows; two outputs are no mistake."""
    output, target = scores().sigmoid(), torch.rand(ROWS, WIDTH).round()
    swapped = read(loss(target, output))
    assert (swapped.roles, swapped.before) == ("target", ("sigmoid",))
    assert swapped.target is target
    assert read(loss(output, target)).roles == ""
    assert read(loss(output, scores().sigmoid())).roles == ""


def test_the_bend_of_a_loss_is_told() -> None:
    """`beta` of a smooth L1, `delta` of a Huber loss; 1 of those that have none."""
    output, target = scores(), torch.randn(ROWS, WIDTH)
    assert read(F.smooth_l1_loss(output, target, beta=0.25)).bend == 0.25
    assert read(F.huber_loss(output, target, delta=2.0)).bend == 2.0
    assert read(F.mse_loss(output, target)).bend == 1.0


def test_a_log_softmax_over_another_dimension_than_the_classes() -> None:
    """Of pictures, of rows, of sequences made rows; a square of two views is none."""
    x = torch.randn(4, 3, 6, 7, requires_grad=True)
    maps = torch.randint(0, 3, (4, 6, 7))

    def told(loss: Tensor) -> tuple[int, int] | None:
        extra = read(loss).extra
        return (extra["softmax_dim"], extra["classes_dim"]) if "softmax_dim" in extra else None

    assert told(F.nll_loss(x.log_softmax(-1), maps)) == (3, 1)
    assert told(F.nll_loss(x.log_softmax(1), maps)) is None
    assert told(F.cross_entropy(x, maps)) is None
    rows, ids = x[:, :, 0], torch.randint(0, 7, (12,))  # [4, 3, 7]
    assert told(F.nll_loss(rows.log_softmax(1).reshape(12, 7), ids)) == (1, 2)
    assert told(F.nll_loss(rows.log_softmax(-1).reshape(12, 7), ids)) is None
    assert told(F.nll_loss(x[:, :, 0, 0].log_softmax(0), torch.arange(4) % 3)) == (0, 1)
    assert told(F.cross_entropy(rows, torch.zeros(4, 7, dtype=torch.long))) is None
    assert told(F.cross_entropy(x[0, :, 0, 0], torch.tensor(1))) is None
    square = torch.randn(5, 5, requires_grad=True)
    assert told(F.nll_loss(square.log_softmax(0), torch.arange(5))) is None


def test_row_losses_spread_to_a_table_by_a_factor_of_each_row() -> None:
    """Of built-in, written and negated losses; pairs and matching shapes are none."""
    x = torch.randn(ROWS, 1, requires_grad=True)
    y, w = torch.randn(ROWS, 1), torch.rand(ROWS)

    def told(loss: Tensor) -> tuple[int, int] | None:
        extra = read(loss).extra
        return (extra["spread_rows"], extra["spread_axes"]) if "spread_rows" in extra else None

    rows = F.mse_loss(x, y, reduction="none")
    assert told((w * rows).mean()) == (ROWS, 2)
    assert told((w * (x - y) ** 2).sum() / w.sum()) == (ROWS, 2)
    assert told(-(rows.squeeze(1) * w[:, None]).mean() + 0.1 * x.mean()) == (ROWS, 1)
    assert told((w[:, None] * rows).mean()) is None
    assert told((rows * torch.rand(ROWS, ROWS)).mean()) is None
    assert told((rows.squeeze(1)[:, None] * w).mean()) is None
    assert told((rows @ w[None]).mean()) is None
    assert told(((x - x.T) * w).mean()) is None


def test_two_terms_of_each_row_that_meet_as_a_table() -> None:
    """In a clipped objective, of two results, in a ratio; a mean of sums is the rows' own."""
    logits = nn.Linear(3, 4)(torch.randn(ROWS, 3))
    value = nn.Linear(3, 1)(torch.randn(ROWS, 3))
    new = logits.log_softmax(1)[:, 0]
    old, gain = torch.randn(ROWS), torch.randn(ROWS, 1)

    def told(loss: Tensor) -> bool:
        return "spread_rows" in read(loss).extra

    def clipped(ratio: Tensor, gain: Tensor) -> Tensor:
        return -torch.min(ratio * gain, ratio.clamp(0.8, 1.2) * gain).mean()

    assert told(clipped((new - old).exp(), gain))
    assert told(clipped((new - old[:, None]).exp(), gain.squeeze(1)))
    assert told(-(new * (gain - value)).mean() + value.pow(2).mean())
    assert told(torch.min(new, value).mean())
    assert not told(clipped((new - old).exp(), gain.squeeze(1)))
    assert not told((0.2 * new - value).mean())
    assert not told((new * value.view(-1)[:, None]).mean())
    assert not told((new * value * (gain > gain.T)).mean())
    energy = nn.Linear(3, ROWS)(torch.randn(ROWS, 3))
    assert not told((new * energy).mean())
    norms = energy.pow(2).sum(1, keepdim=True)
    assert not told((norms * energy.pow(2).sum(1)).mean())


def test_the_whole_targets_of_a_difference_are_whole() -> None:
    """What is left of a prediction is a rounding off; other targets stay what they are."""
    prediction, ids = torch.sigmoid(scores()), torch.arange(ROWS * WIDTH).reshape(ROWS, WIDTH) % 7
    whole, other = (
        read(((prediction - targets) ** 2).mean()).target for targets in (ids.float(), ids + 0.001)
    )
    assert whole is not None
    assert other is not None
    assert torch.equal(whole, ids.float())
    assert torch.allclose(other, ids + 0.001)
    assert not (other == other.round()).any()


@pytest.mark.parametrize("error", [F.smooth_l1_loss, F.l1_loss, F.mse_loss])
def test_an_error_beside_the_loss_tells_its_activation_and_targets(error: Any) -> None:
    """Where the predictions of a further summand pass an activation, and what they are held to."""
    s, wanted = scores(), 30 * torch.rand(ROWS, WIDTH)
    root = F.cross_entropy(s, torch.arange(ROWS) % WIDTH) + 5 * error(s.sigmoid(), wanted)
    found = read(root)
    lossgraph.read_once(root.grad_fn, found, lambda _: True)
    [(place, told, targets)] = found.extra["beside"]
    assert place == 1
    assert "SigmoidBackward0" in told["chain"]
    assert told["output_shape"] == (ROWS, WIDTH)
    assert torch.allclose(targets, wanted, atol=1e-4)
    for given, held_to in ((s, wanted), (s.sigmoid()[:0], wanted[:0])):
        other = F.cross_entropy(s, torch.arange(ROWS) % WIDTH) + error(given, held_to)
        found = read(other)
        lossgraph.read_once(other.grad_fn, found, lambda _: True)
        assert found.extra["beside"] == []


def test_a_factor_of_cosines_is_told_where_it_is_a_number() -> None:
    """Both sides divided by their rows' norms, and nothing learnt or unknown between."""
    a, b = scores(), scores() + 0.1
    learnt = nn.Parameter(torch.tensor(2.0))
    places = torch.arange(ROWS)

    def told(table: Tensor) -> float | None:
        root = F.cross_entropy(table, places)
        found = read(root)
        lossgraph.read_once(root.grad_fn, found, lambda _: True)
        scale: float | None = found.extra.get("cosine_scale")
        return scale

    one, other = F.normalize(a, dim=1), F.normalize(b, dim=1)
    assert told(one @ other.T * 0.1) == pytest.approx(0.1)
    assert told((one @ other.T / 0.1).masked_fill(torch.eye(ROWS) == 0, 3.0)) == pytest.approx(10.0)
    both = torch.cat([a, b]) / torch.cat([a, b]).norm(dim=1, keepdim=True)
    assert told((both @ both.T)[:ROWS]) is None  # a part of the scores
    assert told(one @ other.T * learnt.exp()) is None
    assert told(a @ other.T * 0.1) is None
    assert told((3 * one) @ other.T * 0.1) is None
    assert told(F.normalize(a, dim=0) @ F.normalize(b, dim=0).T * 0.1) is None


def test_a_mean_over_rows_of_sums() -> None:
    """Told with the shape that was summed; not of one answer a row, nor of a root of each sum."""
    code = torch.nn.Linear(4, 8)(torch.randn(50, 4))
    error = torch.nn.functional.mse_loss(code, torch.zeros(50, 8))
    summed = -0.5 * torch.sum(1 + code - code.exp(), dim=1)
    entropy = (code.softmax(1) * code.log_softmax(1)).sum(1)
    told = {}
    for name, term in {
        "mean": summed.mean(),
        "axis": torch.mean(summed, dim=0),
        "minus": -(2 * summed).mean(),
        "root": code.square().sum(1).sqrt().mean(),
        "answer": entropy.mean(),
    }.items():
        found = lossgraph.read((error + 3 * term).grad_fn, lambda _: True)
        told[name] = [s["row_scale"] for s in found.summands if s.get("row_sums") == [50, 8]]
    assert told == {"mean": [0.03], "axis": [0.03], "minus": [0.06], "root": [], "answer": []}


def test_a_factor_that_is_learnt_warns_nobody(watch: Watch) -> None:
    """Reading it as a number would: a warning of torch's, in the user's own process."""

    def train() -> None:
        net, weight = nn.Linear(6, 4), nn.Parameter(torch.ones(()))
        optimizer = torch.optim.Adam([*net.parameters(), weight], lr=0.01)
        for _ in range(3):
            classes = torch.randint(0, 4, (32,))
            shares, wanted = net(torch.randn(32, 6)).softmax(1), torch.eye(4)[classes]
            overlap = weight * 2 * (shares * wanted).sum() / (shares.sum() + wanted.sum() + weight)
            row_sums = weight * ((shares - wanted) ** 2).sum(1).mean()
            loss = weight * nn.functional.mse_loss(shares, wanted) + row_sums + 1 - overlap
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record = watch(train)
    assert record.named("failure") == ()
