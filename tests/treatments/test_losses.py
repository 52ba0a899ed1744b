# SPDX-License-Identifier: Apache-2.0
"""Treatments of losses, targets, inputs and modes do what editing the script would."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from .conftest import Treat
from .nets import classifier, data, net, train


def mse(output: Tensor, target: Tensor) -> Tensor:
    """Mean squared error, written by hand."""
    return ((output - target) ** 2).mean()


def test_the_loss_gets_what_comes_before_the_softmax(treat: Treat) -> None:
    """Training is that of raw scores; in evaluation the model still gives probabilities."""
    expected = train(classifier(nn.ReLU))
    treat("drop-output-activation")
    model = classifier(nn.ReLU, nn.Softmax(1))
    assert train(model) == expected
    model.eval()
    with torch.no_grad():
        assert torch.allclose(model(data()[0]).sum(1), torch.ones(96))


def test_evaluation_squashes_once(treat: Treat) -> None:
    """`sigmoid(model(x))` of a model that ends in one is its own probabilities; else it is kept."""
    treat("drop-output-activation")
    x, y = data()[0], (data()[1] > 0).float()[:, None]
    for end in ((nn.Sigmoid(),), ()):
        model = net(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1), *end)
        adam = torch.optim.Adam(model.parameters(), 0.01)
        train(model, adam, loss=functional.binary_cross_entropy_with_logits, target=y, rounds=9)
        model.eval()
        with torch.no_grad():
            output = model(x)
            twice = torch.sigmoid(output)
            assert torch.equal(twice, output) == bool(end)


def test_a_softmax_outside_of_the_model_counts(treat: Treat) -> None:
    """It is the loop's own: `cross_entropy(softmax(model(x)), y)`."""
    expected = train(classifier(nn.ReLU))
    treat("drop-output-activation")

    def twice(output: Tensor, target: Tensor) -> Tensor:
        return functional.cross_entropy(functional.softmax(output, 1), target)

    assert train(classifier(nn.ReLU), loss=twice) == expected


def test_a_bounded_regression_is_freed_in_evaluation_too(treat: Treat) -> None:
    """Predictions beyond 1 become possible."""
    treat("drop-output-activation")
    target = data()[0][:, :1] * 10
    model = net(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
    train(
        model,
        torch.optim.Adam(model.parameters(), 0.05),
        loss=functional.mse_loss,
        target=target,
        rounds=60,
    )
    with torch.no_grad():
        assert model(data()[0]).max() > 2


@pytest.mark.parametrize(("end", "freed"), [(nn.ReLU(), True), (nn.Sigmoid(), False)])
def test_a_loss_written_by_hand_frees_what_is_no_probability(
    treat: Treat, end: nn.Module, freed: bool
) -> None:
    """Its kind is not known: after a sigmoid it may be one of classes, after a ReLU hardly."""
    treat("drop-output-activation")
    model = net(nn.Linear(6, 16), nn.ReLU(), nn.Linear(16, 1), end)
    train(
        model,
        torch.optim.Adam(model.parameters(), 0.05),
        loss=lambda output, target: (output - target).square().mean(),
        target=-data()[0][:, :1].abs() * 10,
        rounds=60,
    )
    with torch.no_grad():
        assert (model(data()[0]).min() < -2) == freed


@pytest.mark.parametrize("end", [(), (nn.Softmax(1),)])
def test_nll_of_raw_scores_becomes_a_cross_entropy(
    treat: Treat, end: tuple[nn.Module, ...]
) -> None:
    """Also where a softmax stands at the end."""
    expected = train(classifier(nn.ReLU))
    treat("swap-loss=cross-entropy")
    assert train(classifier(nn.ReLU, *end), loss=functional.nll_loss) == expected


def test_squared_error_on_one_hot_becomes_a_cross_entropy(treat: Treat) -> None:
    """One-hot targets become class ids."""
    expected = train(classifier(nn.ReLU))
    treat("swap-loss=cross-entropy")
    one_hot = functional.one_hot(data()[1], 3).float()
    assert train(classifier(nn.ReLU), loss=functional.mse_loss, target=one_hot) == expected


def test_a_cross_entropy_on_one_output_is_refused(treat: Treat) -> None:
    """It says what it would need."""
    applied = treat("swap-loss=cross-entropy")
    train(net(nn.Linear(6, 1)), loss=functional.mse_loss, target=data()[0][:, :1], rounds=1)
    assert "one output a class" in applied.points.report.refused["swap-loss=cross-entropy"]


def test_a_softmax_over_one_unit_becomes_a_sigmoid(treat: Treat) -> None:
    """Trained on raw scores, evaluated as probabilities that are not all 1."""
    target = (data()[1] > 0).float().reshape(-1, 1)
    model = net(nn.Linear(6, 1))
    expected = train(model, loss=functional.binary_cross_entropy_with_logits, target=target)
    treat("swap-loss=bce-with-logits")
    model = net(nn.Linear(6, 1), nn.Softmax(1))
    assert train(model, loss=functional.binary_cross_entropy, target=target) == expected
    with torch.no_grad():
        assert float(model(data()[0]).std()) > 0.01


def test_rows_of_several_ones_are_answered_one_by_one(treat: Treat) -> None:
    """Cross entropy given tags becomes a yes-or-no loss of each."""
    tags = (data()[0][:, :3] > 0).float()
    expected = train(
        classifier(nn.ReLU), loss=functional.binary_cross_entropy_with_logits, target=tags
    )
    treat("swap-loss=bce-with-logits")
    assert train(classifier(nn.ReLU), loss=functional.cross_entropy, target=tags) == expected


@pytest.mark.parametrize("loss", [functional.mse_loss, mse])
@pytest.mark.filterwarnings("ignore:Using a target size")
def test_targets_take_the_shape_of_predictions(treat: Treat, loss: object) -> None:
    """[N] against [N, 1] no longer broadcasts."""
    target = data()[0][:, 0]
    expected = train(net(nn.Linear(6, 1)), loss=mse, target=target.reshape(-1, 1))
    treat("align-shapes")
    assert train(net(nn.Linear(6, 1)), loss=loss, target=target) == pytest.approx(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize("loss", [functional.mse_loss, mse])
def test_targets_are_standardised_and_predictions_scaled_back(treat: Treat, loss: object) -> None:
    """Far targets are learnt, and evaluation stays in the user's units."""
    target = 1000 + 50 * data()[0][:, :1]

    def final() -> float:
        model = net(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1))
        rate = torch.optim.Adam(model.parameters(), 0.01)
        train(model, rate, loss=loss, target=target, rounds=120)  # type: ignore[arg-type]
        model.eval()
        with torch.no_grad():
            return float(functional.mse_loss(model(data()[0]), target))

    without = final()
    treat("standardize-targets")
    assert final() < 5000 < without


def test_the_loss_that_is_printed_stays_in_the_users_units(treat: Treat) -> None:
    """Only the gradient is that of the standardised loss."""
    treat("standardize-targets")
    target = 1000 + 50 * data()[0][:, :1]
    model = net(nn.Linear(6, 1))
    first = train(model, loss=functional.mse_loss, target=target, rounds=1)[0]
    assert first > 1000


def test_class_targets_are_not_standardised(treat: Treat) -> None:
    """It says why."""
    applied = treat("standardize-targets")
    train(classifier(), rounds=1)
    assert "classes" in applied.points.report.refused["standardize-targets"]


def test_inputs_are_standardised_by_what_training_saw(treat: Treat) -> None:
    """The first layer gets mean 0 and std 1; evaluation does not move the statistics."""
    treat("standardize-inputs")
    model, (x, y) = classifier(), data()
    got: list[Tensor] = []
    model[0].register_forward_hook(lambda m, a, o: got.append(a[0]))  # noqa: ARG005
    functional.cross_entropy(model(x), y)
    assert got[-1].mean(0).abs().max() < 1e-5
    assert (got[-1].std(0) - 1).abs().max() < 0.02
    with torch.no_grad():
        model(x + 100)
        model(x)
    assert got[-1].mean(0).abs().max() < 1e-5


def test_rows_that_are_not_finite_are_left_out(treat: Treat) -> None:
    """The loss is that of the sound rows, and finite."""
    treat("drop-nonfinite-rows")
    model, (x, y) = classifier(), data()
    expected = functional.cross_entropy(model(x[1:]), y[1:]).item()
    x = x.clone()
    x[0, 2] = math.nan
    assert functional.cross_entropy(model(x), y).item() == pytest.approx(expected)


def test_classes_are_weighted_by_rarity(treat: Treat) -> None:
    """As with `weight=` of the inverse counts."""
    model, (x, y) = classifier(), data()
    counts = torch.bincount(y).float()
    expected = functional.cross_entropy(model(x), y, weight=counts.sum() / (3 * counts)).item()
    treat("class-weights")
    assert functional.cross_entropy(model(x), y).item() == pytest.approx(expected)


def test_train_mode_holds_for_training_forwards_only(treat: Treat) -> None:
    """The model is in eval mode again right after."""
    treat("train-mode")
    model = net(nn.Linear(6, 8), nn.Dropout(0.5)).eval()
    x, _ = data()
    assert not torch.equal(model(x), model(x))
    assert not model.training
    with torch.no_grad():
        assert torch.equal(model(x), model(x))


def test_eval_mode_holds_for_forwards_without_gradients(treat: Treat) -> None:
    """Training forwards stay random."""
    treat("eval-mode")
    model = net(nn.Linear(6, 8), nn.Dropout(0.5))
    x, _ = data()
    assert not torch.equal(model(x), model(x))
    with torch.no_grad():
        assert torch.equal(model(x), model(x))
    assert model.training


def _dropped() -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.5), nn.Linear(8, 3))


def test_an_evaluation_with_gradients_is_in_eval_mode_too(treat: Treat) -> None:
    """It is told by its place: no backward reaches what it gives. Training is as without."""
    torch.manual_seed(0)
    expected = train(_dropped())
    applied = treat("eval-mode")
    torch.manual_seed(0)
    model = _dropped()
    assert train(model) == expected
    assert "eval-mode" not in applied.points.report.applied
    x, y = data()
    judged = [functional.cross_entropy(model(x), y).item() for _ in range(3)]
    assert judged[0] == judged[1] == judged[2]
    assert model.training
    assert "eval-mode" in applied.points.report.applied


def test_a_second_training_loop_is_no_evaluation(treat: Treat) -> None:
    """Its first backward shows it; what was told as applied is taken back."""
    applied = treat("eval-mode")
    model = _dropped()
    train(model)
    x, y = data()
    given = []
    for _ in range(3):
        out = model(x)
        functional.cross_entropy(out, y).backward()
        given.append(out.detach())
    assert not torch.equal(given[1], given[2])
    assert "eval-mode" not in applied.points.report.applied
    assert "eval-mode" in applied.points.report.waiting


def test_forwards_at_every_step_stay_in_train_mode(treat: Treat) -> None:
    """A GAN's fakes are detached, and no evaluation."""
    applied = treat("eval-mode")
    model, judge = _dropped(), nn.Linear(3, 1)
    x, _ = data()
    for _ in range(12):
        fake = model(x).detach()
        again = model(x).detach()
        assert not torch.equal(fake, again)
        judge(fake).mean().backward()
    assert not applied.points.report.applied


def test_loaders_in_order_are_shuffled_in_training(treat: Treat) -> None:
    """All rows once, in another order; without gradients the order stays."""
    treat("shuffle")
    loader = DataLoader(TensorDataset(torch.arange(64)), batch_size=16)
    served = torch.cat([batch for (batch,) in loader])
    assert not torch.equal(served, torch.arange(64))
    assert torch.equal(served.sort().values, torch.arange(64))
    with torch.no_grad():
        assert torch.equal(torch.cat([b for (b,) in loader]), torch.arange(64))


def test_rows_in_an_order_that_was_drawn_stay_in_it(treat: Treat) -> None:
    """The script shuffles itself: slices of its permutation are in no order."""
    applied = treat("shuffle")
    classifier()(data()[0])
    order = torch.randperm(64)
    assert torch.equal(torch.cat([order[i : i + 16] for i in range(0, 64, 16)]), order)
    assert not applied.points.report.applied


def test_hand_made_batches_are_shuffled_together(treat: Treat) -> None:
    """Slices of x and y of one pass stay rows of one another."""
    treat("shuffle")
    classifier()(data()[0])
    x = torch.arange(64.0).reshape(64, 1)
    y = torch.arange(64)
    rows = [(x[i : i + 16], y[i : i + 16]) for i in range(0, 64, 16)]
    assert all(torch.equal(a[:, 0].long(), b) for a, b in rows)
    served = torch.cat([b for _, b in rows])
    assert not torch.equal(served, y)
    assert torch.equal(served.sort().values, y)
