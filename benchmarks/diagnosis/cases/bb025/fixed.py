import math
import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class PinnConfig:
    diffusivity: float = 0.3
    width: int = 32
    depth: int = 3
    interior: int = 256
    boundary: int = 64
    steps: int = 550
    lr: float = 3e-3
    seed: int = int(os.environ.get("SEED", 0))


class Field(nn.Module):
    """u(t, x) for inputs of shape (N, 2)."""

    def __init__(self, cfg: PinnConfig):
        super().__init__()
        sizes = [2] + [cfg.width] * cfg.depth
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.out = nn.Linear(cfg.width, 1)

    def forward(self, tx: Tensor) -> Tensor:
        for layer in self.hidden:
            tx = torch.tanh(layer(tx))
        return self.out(tx)


class HeatProblem:
    def __init__(self, cfg: PinnConfig):
        self.k = cfg.diffusivity

    def exact(self, tx: Tensor) -> Tensor:
        t, x = tx[:, :1], tx[:, 1:]
        decay = lambda n: torch.exp(-self.k * (n * math.pi) ** 2 * t)
        return decay(1) * torch.sin(math.pi * x) + 0.5 * decay(2) * torch.sin(2 * math.pi * x)

    def residual(self, net: nn.Module, tx: Tensor) -> Tensor:
        tx = tx.requires_grad_(True)
        u = net(tx)
        first = torch.autograd.grad(u.sum(), tx, create_graph=True)[0]
        u_t, u_x = first[:, :1], first[:, 1:]
        u_xx = torch.autograd.grad(u_x.sum(), tx, create_graph=True)[0][:, 1:]
        return u_t - self.k * u_xx

    def start(self, n: int) -> Tensor:
        return torch.cat([torch.zeros(n, 1), torch.rand(n, 1)], 1)

    def walls(self, n: int) -> Tensor:
        return torch.cat([torch.rand(n, 1), torch.randint(0, 2, (n, 1)).float()], 1)


class Solver:
    def __init__(self, cfg: PinnConfig):
        self.cfg, self.problem, self.net = cfg, HeatProblem(cfg), Field(cfg)
        self.opt = torch.optim.Adam(self.net.parameters(), lr=cfg.lr)
        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, cfg.steps)

    def loss(self) -> Tensor:
        inside = self.problem.residual(self.net, torch.rand(self.cfg.interior, 2)).pow(2).mean()
        a, b = self.problem.start(self.cfg.boundary), self.problem.walls(self.cfg.boundary)
        edge = (self.net(a) - self.problem.exact(a)).pow(2).mean() + self.net(b).pow(2).mean()
        return inside + 10 * edge

    def solve(self) -> None:
        for step in range(self.cfg.steps):
            loss = self.loss()
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            self.sched.step()
            if step % 100 == 0:
                print(f"{step} loss {loss.item():.5f}")

    @torch.no_grad()
    def r2(self) -> float:
        tx = torch.rand(3000, 2)
        u = self.problem.exact(tx)
        return (1 - (self.net(tx) - u).pow(2).sum() / (u - u.mean()).pow(2).sum()).item()


cfg = PinnConfig()
torch.manual_seed(cfg.seed)
solver = Solver(cfg)
solver.solve()
print(f"FINAL r2={solver.r2():.4f}")
