# SPDX-License-Identifier: Apache-2.0
"""watch again, of several, and unwatch; the model stays what it was."""

import torch
import backprobe as wandb

run = wandb.init(project="p")
m = torch.nn.Linear(2, 2)
m2 = torch.nn.Linear(2, 2)
wandb.watch(m)
wandb.watch(m)
wandb.watch([m2])
wandb.watch((m, m2), log=None)
wandb.watch(models=m, criterion=torch.nn.MSELoss(), log="all", log_freq=10, log_graph=True)
run.watch(m, log="parameters")
run.unwatch()
wandb.unwatch(m)
import copy, pickle

copy.deepcopy(m)
pickle.dumps(m)
