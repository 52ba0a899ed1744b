# SPDX-License-Identifier: Apache-2.0
"""Values, keys and steps of every kind; from several threads."""

import numpy as np
import torch
import backprobe as wandb

run = wandb.init(project="p")
wandb.log(
    {
        "a": None,
        "b": "text",
        "c": [1, 2, 3],
        "d": (1, 2),
        "e": {1: 2} and {"q": {"r": 1}},
        "f": True,
        "g": np.bool_(True),
        "h": torch.tensor([1.0, 2.0]),
        "i": torch.tensor(1, dtype=torch.bfloat16),
    }
)
wandb.log({"a": np.array(3), "b": np.random.rand(100), "c": np.random.rand(3, 4)})
wandb.log({})
wandb.log({"a": 1}, 3)
wandb.log({"a": 1}, step=np.int64(7))
wandb.log({"a": 1}, step=torch.tensor(9))
wandb.log({"a": 1}, step=10.0)
wandb.log(
    {
        "p": Ellipsis,
        "q": object(),
        "r": lambda: 1,
        "s": {1, 2},
        "t": b"bytes",
        "u": 1 + 2j,
        "v": 10**30,
    }
)
wandb.log(dict(x=torch.nn.Parameter(torch.zeros(3))))
wandb.log({"d": {"deep": {"er": {"x": 1}}}})
wandb.log({"z": torch.zeros(2, requires_grad=True).sum()})
import datetime, decimal, pathlib, enum

wandb.log(
    {"date": datetime.datetime.now(), "dec": decimal.Decimal("1.5"), "path": pathlib.Path(".")}
)
wandb.finish()

wandb.init(project="p")
wandb.log({"a": 1}, sync=False)
wandb.finish()

import threading

run = wandb.init(project="p")
ts = [threading.Thread(target=lambda: [wandb.log({"a": 1}) for _ in range(50)]) for _ in range(4)]
[t.start() for t in ts]
[t.join() for t in ts]
