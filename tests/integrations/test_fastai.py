# SPDX-License-Identifier: Apache-2.0
"""fastai: our callback in a learner, and `backprobe run` on the script without it."""

from __future__ import annotations

import importlib.util

import pytest

from tests.integrations.conftest import UNDER_RUN, Trained, main_rules

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("fastai") is None,
    reason="fastai brings torchvision, which does not load beside a CPU build of torch",
)

SCRIPT = """
{imports}
import torch
from torch import nn
from torch.utils.data import TensorDataset
from fastai.basics import *
from fastai.callback.schedule import *

torch.manual_seed(0)
x = torch.randn(480, 8)
y = x[:, :4].argmax(1)
dls = DataLoaders(
    DataLoader(TensorDataset(x[:320], y[:320]), bs=32, shuffle=True),
    DataLoader(TensorDataset(x[320:], y[320:]), bs=32),
)
layers = [nn.Linear(8, 32), nn.{activation}()]
for _ in range({depth}):
    layers += [nn.Linear(32, 32), nn.{activation}()]
learn = Learner(dls, nn.Sequential(*layers, nn.Linear(32, 4)), loss_func=nn.CrossEntropyLoss(),
                metrics=accuracy, cbs={callback})
with learn.no_bar():
    learn.lr_find(show_plot=False)
    learn.fit_one_cycle(3, 0.02)
    learn.get_preds()
"""
OURS = {
    "imports": "from backprobe.integrations.fastai import BackprobeCallback",
    "callback": 'BackprobeCallback(project="digits")',
}
BARE = {"imports": "", "callback": "None"}


def test_callback(trained: Trained) -> None:
    """Losses, rates and metrics of the training, and none of the search for a rate before it."""
    record, findings = trained(SCRIPT.format(activation="ReLU", depth=1, **OURS))
    assert record.run.project == "digits"
    assert record.history["train/loss"][0].tolist() == list(range(30))
    assert len(record.history["valid/accuracy"][0]) == 3
    assert record.history["epoch"][1][-1] == 3
    rates = record.history["train/lr"][1]
    assert rates.max() == pytest.approx(0.02, rel=0.02)
    assert record.run.config["n_epoch"] == 3
    assert record.run.state == "finished"
    assert main_rules(findings) == set()


@pytest.mark.slow
def test_the_bare_script_tells_the_same(trained: Trained) -> None:
    """A deep stack of sigmoids is found by either way."""
    ours = trained(SCRIPT.format(activation="Sigmoid", depth=6, **OURS))[1]
    bare = trained(SCRIPT.format(activation="Sigmoid", depth=6, **BARE), *UNDER_RUN)[1]
    assert "vanishing-gradients" in main_rules(ours)
    assert "vanishing-gradients" in main_rules(bare)
