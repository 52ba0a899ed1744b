# SPDX-License-Identifier: Apache-2.0
"""The lines that findings point at: who clips, evaluates, switches modes and draws batches."""

from __future__ import annotations

import linecache

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from backprobe.probe import lines
from backprobe.records import Record, Source
from backprobe.signals.lines import line_of
from tests.probe.settings import Watch


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model was switched to evaluation mode before."""
    monkeypatch.setattr(lines, "_waiting", None)


def text(record: Record, what: str) -> str:
    """The only line of that kind; it has to be one of this file."""
    found = line_of(record, what)
    assert isinstance(found, Source)
    assert found.file == __file__
    assert linecache.getline(found.file, found.line).strip() == found.text
    return found.text


def trained(watch: Watch, test_first: bool, by_norm: bool) -> Record:
    """A run that is judged in evaluation mode before it is trained, and in training mode after."""
    torch.manual_seed(0)
    x, y = torch.randn(64, 4), torch.randint(0, 2, (64,))
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    training = DataLoader(TensorDataset(x, y), batch_size=16)
    test = DataLoader(TensorDataset(x[:32], y[:32]), batch_size=16)

    def run() -> None:
        if test_first:
            model.eval()
            with torch.no_grad():
                for a, _ in test:
                    model(a)
        for _ in range(4):
            model.train()
            for a, b in training:
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(a), b).backward()
                if by_norm:
                    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                else:
                    nn.utils.clip_grad_value_(model.parameters(), 0.1)
                optimizer.step()
        with torch.no_grad():
            for a, _ in test:
                model(a)

    return watch(run, model)


def test_each_line_is_told(watch: Watch) -> None:
    """The loader is the one that is trained on, though another came before."""
    record = trained(watch, True, True)
    assert text(record, "eval") == "model.eval()"
    assert text(record, "batches") == "for a, b in training:"
    assert text(record, "clipping") == "nn.utils.clip_grad_norm_(model.parameters(), 1.0)"
    assert text(record, "evaluation") == "model(a)"
    assert text(record, "evaluation-in-training") == "model(a)"


def test_what_never_happens_has_no_line(watch: Watch) -> None:
    """Nor has what happens in several places."""
    record = trained(watch, False, False)
    assert line_of(record, "eval") is None
    assert line_of(record, "evaluation") is None
    assert text(record, "clipping") == "nn.utils.clip_grad_value_(model.parameters(), 0.1)"
