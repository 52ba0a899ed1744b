# SPDX-License-Identifier: Apache-2.0
"""`watch` from a script that plain `python` runs: the whole probe, and its findings at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backprobe import session
from backprobe.face import watch
from backprobe.face.api import Api
from backprobe.store import catalog

if TYPE_CHECKING:
    from tests.face.conftest import Script

SICK = """
    import backprobe as wandb
    import torch
    from torch import nn
    torch.manual_seed(0)
    {before}
    net = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4), nn.Softmax(dim=1))
    wandb.watch({watched})
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    x, y = torch.randn(256, 8), torch.randint(0, 4, (256,))
    for step in range(60):
        rows = torch.randint(0, 256, (32,))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
        wandb.log({{"loss": loss}})
    wandb.finish()
    assert wandb.run is None
    """


@pytest.mark.parametrize(
    ("before", "watched"),
    [
        ("wandb.init(project='p')", "net, log_freq=100000"),
        ("wandb.init(project='p')", "[net], log='all', log_freq=1"),
        ("", "net, nn.CrossEntropyLoss(), log=None, idx=0, log_graph=True"),
    ],
)
def test_the_findings_are_there_after_finish(script: Script, before: str, watched: str) -> None:
    """Whatever `log` and `log_freq` say, and also where nobody called `init`."""
    done = script(SICK.format(before=before, watched=watched))
    assert "double-softmax" in done.stderr
    run = catalog.find(catalog.store_directory())
    record, findings = session.examine(run)
    assert "double-softmax" in [finding.rule for finding in findings]
    assert len(record.steps) == 60
    assert len(list(Api().run().scan_history(keys=["loss"]))) == 60


def test_a_disabled_run_watches_nothing(script: Script, store_directory: Any) -> None:
    """The call is checked and does nothing."""
    script(SICK.format(before="wandb.init(mode='disabled')", watched="net"))
    assert not store_directory.exists()


def test_unwatch_takes_the_probe_away(script: Script) -> None:
    """What came before stays; the model is as it was, and can be watched again."""
    done = script(
        """
        import copy, pickle
        import backprobe as wandb
        import torch
        from torch import nn
        wandb.init()
        net = nn.Linear(4, 1)
        before = set(vars(net))
        wandb.watch(net)
        def train(steps):
            optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
            for _ in range(steps):
                optimizer.zero_grad()
                net(torch.ones(2, 4)).pow(2).mean().backward()
                optimizer.step()
        train(5)
        assert set(vars(net)) == before
        pickle.dumps(net), copy.deepcopy(net)
        wandb.unwatch(net)
        train(5)
        wandb.watch(net, log="all")
        wandb.unwatch()
        print("done")
        """
    )
    assert done.stdout == "done\n"
    record, _ = session.examine(catalog.find(catalog.store_directory()))
    assert len(record.steps) == 5


@pytest.mark.parametrize("models", [3, None, "net", [object()], dict])
def test_what_is_no_model_is_refused(models: Any) -> None:
    """A TypeError, as W&B's, that says what was given."""
    with pytest.raises(TypeError, match=r"expects a torch.nn.Module or a list of them; got "):
        watch.check(models)


def test_other_logs_and_frequencies_are_refused() -> None:
    """A ValueError, as W&B's."""
    with pytest.raises(ValueError, match="expected 'gradients', 'parameters', 'all' or None"):
        watch.check([], "weights")
    for frequency in (0, -1, "often", None):
        with pytest.raises(ValueError, match="expected a number of steps, at least 1"):
            watch.check([], "all", frequency)
