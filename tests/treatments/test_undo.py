# SPDX-License-Identifier: Apache-2.0
"""Every treatment is undone without trace."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import clip_grad
from torch.optim.optimizer import _global_optimizer_pre_hooks
from torch.utils.data import DataLoader, RandomSampler, SequentialSampler, dataloader

from backprobe.treatments.apply import install
from backprobe.treatments.names import TABLE

from .nets import classifier, train
from .test_names import a_value


def patched() -> tuple[object, ...]:
    """All that any treatment replaces in torch."""
    return (
        nn.Module.__call__,
        torch.Tensor.backward,
        torch.autograd.backward,
        torch.optim.Optimizer.__init__,
        clip_grad.clip_grad_norm_,
        torch.nn.utils.clip_grad_norm_,
        DataLoader.__init__,
        DataLoader.__iter__,
        dataloader._BaseDataLoaderIter.__next__,
        SequentialSampler.__iter__,
        RandomSampler.__iter__,
        functional.cross_entropy,
        torch.overrides._get_current_function_mode_stack()
        if hasattr(torch.overrides, "_get_current_function_mode_stack")
        else [],
    )


@pytest.mark.parametrize("name", TABLE)
def test_nothing_stays(name: str) -> None:
    """Torch's own functions are back, and the model is what it was made as."""
    before = patched()
    hooks = len(_global_optimizer_pre_hooks)
    applied = install((a_value(name),))
    model = classifier(nn.ReLU, nn.Dropout(0.1))
    names = [(path, type(module)) for path, module in model.named_modules()]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train(model, optimizer, rounds=3)
    pickle.dumps(model)
    copy.deepcopy(model)
    applied.points.report.waiting.clear()
    applied.undo()
    assert patched() == before
    assert len(_global_optimizer_pre_hooks) == hooks
    assert [(path, type(module)) for path, module in model.named_modules()] == names
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert optimizer.param_groups[0]["lr"] == 0.1
    expected = train(copy.deepcopy(model), rounds=2)
    assert train(model, rounds=2)[0] == pytest.approx(expected[0], rel=0.5)
