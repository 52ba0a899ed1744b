# SPDX-License-Identifier: Apache-2.0
"""Files of other trackers, made by the real libraries in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

TENSORBOARD = """
import numpy as np, torch
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter("logs/one")
torch.manual_seed(0)
for step in range(40):
    loss = 2.0 * 0.9 ** step if step < 30 else float("nan")
    writer.add_scalar("train/loss", loss, step)
    writer.add_scalar("lr", 0.1, step)
    writer.add_scalars("both", {"a": step, "b": -step}, step)
    if step % 10 == 0:
        writer.add_scalar("val/loss", 1.5, step)
        writer.add_scalar("val/accuracy", 0.25, step)
        writer.add_histogram("fc1.weight", torch.randn(1000) * 0.1, step)
        writer.add_histogram("fc1.weight.grad", torch.randn(1000) * 1e-4, step)
        writer.add_image("picture", np.zeros((3, 4, 4), np.uint8), step)
writer.add_hparams({"width": 64, "lr": 0.1, "name": "x", "flag": True}, {"best": 0.5})
writer.close()
"""

TENSORS = """
import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.histogram.summary_v2 import histogram_pb
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.summary.writer.event_file_writer import EventFileWriter
writer = EventFileWriter("logs/two")
for step in range(5):
    rng = np.random.default_rng(step)
    for summary in (scalar_pb("loss", 1.0 / (step + 1)),
                    histogram_pb("dense/kernel", rng.normal(size=500))):
        writer.add_event(Event(wall_time=1e9 + step, step=step, summary=summary))
writer.close()
"""

WANDB = """
import os
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
import numpy as np
import wandb
run = wandb.init(project="digits", name="first", group="g", job_type="train", notes="a note",
                 tags=["a", "b"], config={"lr": 0.1, "net": {"depth": 2}})
rng = np.random.default_rng(0)
for step in range(30):
    row = {"train/loss": 2.0 * 0.9 ** step, "nested": {"x": step}}
    if step % 10 == 0:
        row["gradients/fc1.weight"] = wandb.Histogram(rng.normal(size=1000) * 1e-3)
        row["val/loss"] = float("nan") if step == 20 else 1.0
    wandb.log(row)
run.summary["best"] = 0.25
print("hello from the script")
wandb.finish()
"""

MLFLOW = """
import os, warnings
warnings.simplefilter("ignore")
import mlflow
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("digits")
for number in range(2):
    with mlflow.start_run(run_name=f"run{number}", tags={"team": "blue"}):
        mlflow.log_params({"lr": 0.1, "depth": 2, "name": "x", "flag": True})
        for step in range(20):
            mlflow.log_metric("train_loss", 2.0 * 0.9 ** step, step=step)
        mlflow.log_metric("train_loss", float("nan"), step=20)
        mlflow.log_metric("train_loss", float("inf"), step=21)
        mlflow.log_metric("val_accuracy", 0.5, step=19)
"""


def made(folder: Path, script: str) -> Path:
    """The folder in which a script of a real library has left its files."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder
