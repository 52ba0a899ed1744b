# SPDX-License-Identifier: Apache-2.0
# An optimizer of the script's own with the usual settings.
import torch
from torch import nn
from toy import curve, mlp, train


class Own(torch.optim.Optimizer):
    def __init__(self, params, lr, beta2, beta1):
        super().__init__(params, {"lr": lr, "beta1": beta1, "beta2": beta2})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            first, second = group["beta1"], group["beta2"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(t=0, mean=torch.zeros_like(p), square=torch.zeros_like(p))
                state["t"] += 1
                state["mean"].lerp_(p.grad, 1 - first)
                state["square"].lerp_(p.grad**2, 1 - second)
                mean = state["mean"] / (1 - first ** state["t"])
                square = state["square"] / (1 - second ** state["t"])
                p.sub_(group["lr"] * mean / (square.sqrt() + 1e-8))


torch.manual_seed(0)
x, y = curve()
model = mlp(8, 48, 1)
train(model, x, y, nn.MSELoss(), Own(model.parameters(), 3e-3, 0.999, 0.9), steps=300)
