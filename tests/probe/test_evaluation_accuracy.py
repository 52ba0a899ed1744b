# SPDX-License-Identifier: Apache-2.0
"""The accuracy of an evaluation is of the targets that its loss counts."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # as users write it

from backprobe.probe import evaluation

from .conftest import Watch

CLASSES = 7


@pytest.mark.parametrize("ignored", [-100, 0])
def test_what_the_loss_ignores_is_neither_right_nor_wrong(watch: Watch, ignored: int) -> None:
    """Padding under either number: of the other targets half are told right."""
    model = torch.nn.Linear(CLASSES, CLASSES)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ids = torch.randint(1, CLASSES, (40,))

    def train() -> None:
        x = F.one_hot(ids, CLASSES).float()
        for _ in range(5):
            optimizer.zero_grad()
            F.cross_entropy(model(x), ids, ignore_index=ignored).backward()
            optimizer.step()
        targets = torch.where(torch.arange(40) % 2 == 0, ids, ids % (CLASSES - 1) + 1)
        targets[20:] = ignored
        with torch.no_grad():
            model.weight.copy_(10 * torch.eye(CLASSES))
            model.bias.zero_()
            scores = model(x)
            F.cross_entropy(scores, targets, ignore_index=ignored)

    record = watch(train, model)
    assert record.evaluations["accuracy"].tolist() == pytest.approx([0.5])


def test_nothing_to_judge_gives_no_accuracy() -> None:
    """A batch of ignored targets only is no batch of wrong answers."""
    sums = evaluation.Sums()
    targets = torch.full((4,), evaluation.IGNORED)
    evaluation.right(sums, "cross_entropy", torch.zeros(4, CLASSES), targets)
    assert (sums.correct, sums.judged) == (0.0, 0)
