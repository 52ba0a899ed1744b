# SPDX-License-Identifier: Apache-2.0
"""`init(sync_tensorboard=True)`: scripts that log through TensorBoard keep their metrics here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backprobe.face import summary_writer
from backprobe.face.api import Api

if TYPE_CHECKING:
    from tests.face.conftest import Script

pytest.importorskip("tensorboard")

CLEANRL = """
import torch
{before}
import backprobe as wandb
wandb.init(project="cleanRL", sync_tensorboard=True, monitor_gym=True, save_code=True)
{after}
writer = SummaryWriter("logs")
writer.add_text("hyperparameters", "none")
for step in range(0, 400, 100):
    writer.add_scalar("charts/episodic_return", step / 10, step)
    writer.add_scalar("losses/value_loss", torch.tensor(1.0 / (step + 1)), global_step=step)
writer.add_histogram("weights", torch.arange(10.0), 300)
writer.add_scalars("both", {{"a": 1, "b": 2}}, 300)
writer.close()
wandb.finish()
writer = SummaryWriter("logs")
writer.add_scalar("later", 1, 1)
writer.close()
"""
IMPORT = "from torch.utils.tensorboard import SummaryWriter"


@pytest.mark.parametrize("order", [(IMPORT, ""), ("", IMPORT)], ids=["before", "after"])
def test_scalars_and_histograms_are_logged(
    script: Script, tmp_path: Path, order: tuple[str, str]
) -> None:
    """At their global steps, whichever is imported first; the event file is written as always."""
    done = script(CLEANRL.format(before=order[0], after=order[1]))
    assert "sync_tensorboard" not in done.stderr
    rows = list(Api().run().scan_history(keys=["charts/episodic_return", "losses/value_loss"]))
    assert [row["charts/episodic_return"] for row in rows] == [0, 10, 20, 30]
    last = list(Api().run().scan_history())[-1]
    assert (last["_step"], last["both/a"], last["both/b"]) == (300, 1, 2)
    assert last["weights"]["_type"] == "histogram"
    assert "later" not in last
    assert len(list((tmp_path / "work" / "logs").glob("*tfevents*"))) >= 1


def test_without_it_nothing_is_followed(script: Script) -> None:
    """The default leaves writers alone."""
    script(CLEANRL.format(before=IMPORT, after="").replace("sync_tensorboard=True, ", ""))
    assert list(Api().run().scan_history()) == []


def test_where_there_is_nothing_to_follow() -> None:
    """Ending twice, or before it began, is no error."""
    assert summary_writer.follow(None) == []
