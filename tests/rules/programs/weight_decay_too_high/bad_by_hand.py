# SPDX-License-Identifier: Apache-2.0
# expects: weight-decay-too-high 0 2 4
"""A decoupled decay in a step of one's own that is not multiplied by the rate."""

import torch
from torch import nn
from toy import blobs, mlp, train


class Decoupled(torch.optim.Optimizer):
    def __init__(self, params, lr=0.05, decay=0.05):
        super().__init__(params, {"lr": lr, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                p.mul_(1 - group["decay"])
                p.sub_(p.grad, alpha=group["lr"])


torch.manual_seed(0)
x, y = blobs()
model = mlp(12, 32, 4)
train(model, x, y, nn.CrossEntropyLoss(), Decoupled(model.parameters()), steps=400)
