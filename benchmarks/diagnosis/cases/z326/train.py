import os
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import make_moons
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts


@dataclass
class Plan:
    lr: float = 2e-3
    betas: tuple = (0.9, 0.98)
    weight_decay: float = 0.02
    first_cycle: int = 60
    cycle_growth: int = 2
    steps: int = 420
    batch: int = 100


class SignMomentum(torch.optim.Optimizer):
    def __init__(self, params, lr, betas, weight_decay):
        super().__init__(params, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            fast, slow = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                memory = self.state[p].setdefault("memory", torch.zeros_like(p))
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_((fast * memory + (1 - fast) * p.grad).sign(), alpha=-group["lr"])
                memory.mul_(slow).add_(p.grad, alpha=1 - slow)


class Fourier(nn.Module):
    def __init__(self, features=32):
        super().__init__()
        self.register_buffer("directions", torch.randn(2, features))

    def forward(self, x):
        angle = x @ self.directions
        return torch.cat([angle.sin(), angle.cos()], 1)


class MoonNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.lift = Fourier()
        self.body = nn.Sequential(nn.Linear(64, 48), nn.Mish(), nn.Linear(48, 48), nn.Mish())
        self.logit = nn.Linear(48, 1)

    def forward(self, x):
        return self.logit(self.body(self.lift(x))).flatten()


class Trainer:
    def __init__(self, plan, seed):
        x, y = make_moons(2500, noise=0.15, random_state=seed)
        self.x, self.y = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
        self.plan, self.net = plan, MoonNet()
        self.opt = SignMomentum(self.net.parameters(), plan.lr, plan.betas, plan.weight_decay)
        self.sched = CosineAnnealingWarmRestarts(self.opt, plan.first_cycle, plan.cycle_growth)

    def fit(self):
        for step in range(self.plan.steps):
            rows = torch.randint(2000, (self.plan.batch,))
            loss = nn.functional.binary_cross_entropy_with_logits(self.net(self.x[rows]), self.y[rows])
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            self.sched.step()
            if step % 30 == 0:
                print(f"step {step} lr {self.sched.get_last_lr()[0]:.5f} loss {loss.item():.4f}")

    @torch.no_grad()
    def accuracy(self):
        return ((self.net(self.x[2000:]) > 0) == (self.y[2000:] > 0.5)).float().mean().item()


seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)
trainer = Trainer(Plan(), seed)
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
