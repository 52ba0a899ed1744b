import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class MoEConfig:
    d_in: int = 6
    n_experts: int = 8
    top_k: int = 2
    d_hidden: int = 4
    lr: float = 5e-3
    batch: int = 128
    steps: int = 1500
    seed: int = int(os.environ.get("SEED", 0))


class Expert(nn.Module):
    def __init__(self, cfg: MoEConfig):
        super().__init__()
        self.up = nn.Linear(cfg.d_in, cfg.d_hidden)
        self.down = nn.Linear(cfg.d_hidden, 1)

    def forward(self, x):
        return self.down(F.gelu(self.up(x)))


class SparseMoE(nn.Module):
    """Each token goes to its top-k experts; their outputs are mixed."""

    def __init__(self, cfg: MoEConfig):
        super().__init__()
        self.cfg = cfg
        self.gate = nn.Linear(cfg.d_in, cfg.n_experts)
        self.experts = nn.ModuleList(Expert(cfg) for _ in range(cfg.n_experts))

    def forward(self, x):
        scores = self.gate(x).softmax(-1)
        _, chosen = scores.topk(self.cfg.top_k, dim=-1)
        weights = torch.zeros_like(scores).scatter(1, chosen, 1.0 / self.cfg.top_k)
        outputs = torch.stack([e(x) for e in self.experts], dim=1)
        return (weights.unsqueeze(-1) * outputs).sum(1)


class Regressor(nn.Module):
    def __init__(self, cfg: MoEConfig):
        super().__init__()
        self.moe = SparseMoE(cfg)

    def forward(self, x):
        return self.moe(x).squeeze(-1)


def regimes(n, g):
    """Six market regimes, each with its own response."""
    rule = torch.Generator().manual_seed(77)
    centres = torch.randn(6, 6, generator=rule) * 2.0
    slopes = torch.randn(6, 6, generator=rule) * 1.5
    which = torch.randint(6, (n,), generator=g)
    local = torch.randn(n, 6, generator=g) * 0.7
    x = centres[which] + local
    y = (slopes[which] * local).sum(1) + 0.05 * torch.randn(n, generator=g)
    return x / 2, y / 2.5


def main(cfg: MoEConfig):
    torch.manual_seed(cfg.seed)
    g = torch.Generator().manual_seed(cfg.seed + 100)
    x, y = regimes(6000, g)
    xv, yv = regimes(1500, g)
    model = Regressor(cfg)
    opt = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=1e-4)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=cfg.steps)
    for step in range(cfg.steps):
        i = torch.randint(len(x), (cfg.batch,))
        loss = F.mse_loss(model(x[i]), y[i])
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
        sched.step()
        if step % 250 == 0:
            print(f"step {step:5d} mse {loss.item():.4f} lr {sched.get_last_lr()[0]:.1e}")
    model.eval()
    with torch.no_grad():
        r2 = 1 - ((model(xv) - yv) ** 2).mean() / yv.var(unbiased=False)
    print(f"FINAL r2={r2.item():.4f}")


main(MoEConfig())
