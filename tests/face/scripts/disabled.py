# SPDX-License-Identifier: Apache-2.0
"""Everything on a disabled run."""

import os
import torch
import backprobe as wandb

run = wandb.init(project="p", mode="disabled")
open("m.bin", "wb").write(b"x")
art = wandb.Artifact("model", type="model")
art.add_file("m.bin")
run.log_artifact(art)
run.log_artifact("m.bin", name="n", type="dataset")
run.use_artifact(art)
wandb.log_artifact(art)
wandb.finish()

run = wandb.init(mode="disabled", project="p", config={"a": 1})
run.log({"x": 1})
run.config.a
run.summary["x"]
run.name
run.id
run.url
run.dir
os.path.join(run.dir, "x")
wandb.watch(torch.nn.Linear(1, 1))
wandb.save("x")
run.alert("a", "b")
wandb.define_metric("a")
run.log_code()
run.use_artifact("a:latest")
wandb.finish()
