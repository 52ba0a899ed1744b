# SPDX-License-Identifier: Apache-2.0
"""The config: set, changed, iterated, copied, unpacked, of every kind of object."""

import numpy as np
import torch
import backprobe as wandb

run = wandb.init(project="p", config={"a": 1}, allow_val_change=True)
wandb.config.update({"a": 2}, allow_val_change=True)
wandb.config.a
wandb.config.update({"nested": {"x": 1}})
wandb.config["nested"]["x"]
wandb.config.get("zz")
len(wandb.config)
dict(wandb.config)
str(wandb.config)
"a" in wandb.config
for k, v in wandb.config.items():
    pass
for k in wandb.config.keys():
    pass
f = lambda **k: k
f(**wandb.config)
wandb.finish()

run = wandb.init(project="p")
wandb.config.lr = 0.1
wandb.config.batch_size = 3
wandb.config["x"] = 4
wandb.config.update({"lr": 0.1})
config = wandb.config
config.epochs = 10
import json

json.dumps(dict(config))
json.dumps(config.as_dict())
import copy

copy.deepcopy(dict(config))
vars(config)
wandb.finish()

import pickle

wandb.init(project="p", config={"a": 1})
c = wandb.config
pickle.dumps(dict(c))
import copy

copy.copy(dict(c))
wandb.finish()

import dataclasses


@dataclasses.dataclass
class C:
    lr: float = 0.1
    n: int = 3


wandb.init(project="p", config=dataclasses.asdict(C()))
wandb.config.update(C(), allow_val_change=True)
wandb.finish()

open("c.yaml", "w").write("lr: 0.1\n")
wandb.init(project="p", config="c.yaml")
assert wandb.config.lr == 0.1
wandb.finish()

wandb.init(
    project="p",
    config={
        1: 2,
        "a.b": 3,
        "x y": 4,
        None: 5,
        "fn": print,
        "cls": dict,
        "t": torch.nn.ReLU(),
        "dev": torch.device("cpu"),
        "dt": torch.float32,
        "np": np.arange(3),
        "nan": float("nan"),
    },
)
wandb.finish()


class C(dict):
    __getattr__ = dict.get


wandb.init(project="p", config=C(a=C(b=1)))
wandb.finish()

import copy


class T:
    pass


t = T()
t.run = wandb.init(project="p")
t.cfg = wandb.config
copy.deepcopy(t.cfg)
wandb.finish()

r = wandb.init(project="p", config=dict(a=1))
r.config.update(dict(b=2))
r.config.update({"b": 2})
r.config.update(c=3) if False else 0
r.config.setdefaults({"d": 1})
