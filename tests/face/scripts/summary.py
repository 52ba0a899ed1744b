# SPDX-License-Identifier: Apache-2.0
"""The summary: set, read, deleted, with arrays and media."""

import numpy as np
import torch
import backprobe as wandb

run = wandb.init(project="p")
wandb.summary["best"] = 1
wandb.run.summary["best_acc"] = np.float32(3)
wandb.run.summary["t"] = torch.tensor(3.0)
run.summary.update({"x": 1, "y": {"z": 2}})
run.summary["y"]["z"]
run.summary.get("nope")
run.summary.get("nope", 3)
run.summary.best
run.summary.foo = 4
"best" in run.summary
for k in run.summary.keys():
    pass
del run.summary["best"]
run.summary["h"] = wandb.Histogram([1, 2, 3])
run.summary["arr"] = np.zeros(5)
dict(run.summary)
run.summary["i"] = wandb.Image(np.zeros((4, 4, 3), np.uint8))
run.summary._as_dict() if hasattr(run.summary, "_as_dict") else 0
wandb.finish()

wandb.init(project="p")
wandb.run.summary["state"] = "completed"
wandb.finish(quiet=True)
