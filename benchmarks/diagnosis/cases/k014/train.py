import copy
import math
import os

import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


class Sine:
    def __init__(self):
        self.amplitude = 0.5 + 3 * torch.rand(1)
        self.phase = math.pi * torch.rand(1)

    def points(self, n):
        x = 10 * torch.rand(n, 1) - 5
        return x, self.amplitude * torch.sin(x + self.phase)


model = nn.Sequential(nn.Linear(1, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))


def adapt(net, x, y, steps, lr=0.02):
    opt = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(steps):
        loss = nn.functional.mse_loss(net(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    return loss.item()


OUTER = 1500
recent = []
for outer in range(OUTER):
    task = Sine()
    start = copy.deepcopy(model.state_dict())
    x, y = task.points(20)
    recent.append(adapt(model, x, y, steps=6))
    rate = 0.3 * (1 - outer / OUTER)
    end = model.state_dict()
    model.load_state_dict({k: start[k] + rate * (end[k] - start[k]) for k in start})
    if outer % 250 == 249:
        print(f"outer {outer + 1}: inner loss of the last tasks {sum(recent[-100:]) / 100:.4f}")

errors = []
for _ in range(60):
    task = Sine()
    learner = copy.deepcopy(model)
    adapt(learner, *task.points(10), steps=32)
    x, y = task.points(200)
    with torch.no_grad():
        errors.append((learner(x) - y).pow(2).mean().item())
errors.sort()
print(f"FINAL mse={errors[len(errors) // 2]:.4f}")
