# SPDX-License-Identifier: Apache-2.0
"""save and restore."""

import os
import torch
import backprobe as wandb

run = wandb.init(project="p")
open("a.txt", "w").write("x")
os.makedirs("c/d", exist_ok=True)
open("c/d/b.txt", "w").write("y")
wandb.save("a.txt")
wandb.save("c/*")
wandb.save("c/d/b.txt", base_path="c")
wandb.save(os.path.join(wandb.run.dir, "z.txt"))
torch.save({}, os.path.join(wandb.run.dir, "model.pt"))
wandb.save(os.path.abspath("a.txt"), policy="now")
wandb.save("missing.txt")
wandb.save(glob_str="*.txt")
wandb.finish()

run = wandb.init(project="p")
open("a.txt", "w").write("x")
wandb.save("a.txt")
f = wandb.restore("a.txt")
