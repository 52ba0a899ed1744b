import os
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass
class MoeConfig:
    inputs: int = 6
    width: int = 40
    experts: int = 4
    top: int = 2
    balance: float = 0.02
    steps: int = 600
    batch: int = 128
    lr: float = 3e-3
    seed: int = int(os.environ.get("SEED", 0))


class Piecewise:
    """Another linear law in each quadrant of the first two columns."""

    def __init__(self, cfg: MoeConfig):
        self.laws = torch.randn(4, cfg.inputs)
        self.inputs = cfg.inputs

    def draw(self, n: int) -> tuple[Tensor, Tensor]:
        x = torch.randn(n, self.inputs)
        quadrant = (x[:, 0] > 0).long() * 2 + (x[:, 1] > 0).long()
        y = (x * self.laws[quadrant]).sum(1) / self.inputs**0.5
        return x, y + 0.05 * torch.randn(n)


class SparseMixture(nn.Module):
    def __init__(self, cfg: MoeConfig):
        super().__init__()
        self.top = cfg.top
        self.gate = nn.Sequential(nn.Linear(cfg.inputs, 32), nn.ReLU(), nn.Linear(32, cfg.experts))
        self.shared = nn.Linear(cfg.inputs, cfg.width)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(cfg.width, cfg.width), nn.ReLU(), nn.Linear(cfg.width, 1)) for _ in range(cfg.experts)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        probs = self.gate(x).softmax(dim=1)
        weight, chosen = probs.topk(self.top, dim=1)
        weight = weight / weight.sum(1, keepdim=True)
        h, out = torch.relu(self.shared(x)), x.new_zeros(len(x))
        for k, expert in enumerate(self.experts):
            rows, slot = (chosen == k).nonzero(as_tuple=True)
            if len(rows):
                out = out.index_add(0, rows, weight[rows, slot] * expert(h[rows]).squeeze(1))
        load = torch.zeros_like(probs).scatter(1, chosen, 1.0).mean(0).detach()
        return out, len(self.experts) * (load * probs.mean(0)).sum()


class Trainer:
    def __init__(self, cfg: MoeConfig):
        self.cfg, self.data, self.model = cfg, Piecewise(cfg), SparseMixture(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            x, y = self.data.draw(self.cfg.batch)
            out, balance = self.model(x)
            fit = nn.functional.mse_loss(out, y)
            self.opt.zero_grad()
            (fit + self.cfg.balance * balance).backward()
            self.opt.step()
            if step % 60 == 0:
                print(f"step {step} mse {fit.item():.4f} balance {balance.item():.3f}")

    @torch.no_grad()
    def r2(self) -> float:
        x, y = self.data.draw(3000)
        out, _ = self.model(x)
        return (1 - (out - y).pow(2).sum() / (y - y.mean()).pow(2).sum()).item()


cfg = MoeConfig()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL r2={trainer.r2():.4f}")
