import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn, Tensor


@dataclass
class NllConfig:
    hidden: int = 48
    lr: float = 2e-3
    steps: int = 500
    batch: int = 64
    floor: float = -6.0


class HeteroscedasticNet(nn.Module):
    def __init__(self, inputs: int, cfg: NllConfig):
        super().__init__()
        self.floor = cfg.floor
        self.trunk = nn.Sequential(nn.Linear(inputs, cfg.hidden), nn.SiLU(), nn.Linear(cfg.hidden, cfg.hidden), nn.SiLU())
        self.mean = nn.Linear(cfg.hidden, 1)
        self.logvar = nn.Linear(cfg.hidden, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = self.trunk(x)
        return self.mean(h), self.logvar(h).clamp(min=self.floor)


class GaussianNll:
    def __call__(self, mean: Tensor, logvar: Tensor, y: Tensor) -> Tensor:
        return 0.5 * (logvar + (y - mean).pow(2) * (-logvar).exp()).mean()


class EnergyData:
    def __init__(self, seed: int, n: int = 2200):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-2, 2, (n, 6))
        clean = 2 * np.sin(x[:, 0] * 1.5) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3]
        noise = 0.1 + 0.4 * np.abs(x[:, 4])
        y = clean + noise * rng.standard_normal(n)
        self.x = torch.tensor(x, dtype=torch.float32)
        self.y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32)
        self.cut = n - 500

    def draw(self, size: int) -> tuple[Tensor, Tensor]:
        rows = torch.randint(0, self.cut, (size,))
        return self.x[rows], self.y[rows]

    @property
    def test(self) -> tuple[Tensor, Tensor]:
        return self.x[self.cut :], self.y[self.cut :]


class Trainer:
    def __init__(self, cfg: NllConfig, seed: int):
        self.cfg, self.data = cfg, EnergyData(seed)
        self.model, self.nll = HeteroscedasticNet(6, cfg), GaussianNll()
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            x, y = self.data.draw(self.cfg.batch)
            loss = self.nll(*self.model(x), y)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if step % 50 == 0:
                print(f"step {step}: nll {loss.item():.4f}")

    @torch.no_grad()
    def r2(self) -> float:
        x, y = self.data.test
        mean = self.model(x)[0].squeeze(1)
        return (1 - (mean - y).pow(2).sum() / (y - y.mean()).pow(2).sum()).item()


if __name__ == "__main__":
    SEED = int(os.environ.get("SEED", 0))
    torch.manual_seed(SEED)
    trainer = Trainer(NllConfig(), SEED)
    trainer.fit()
    print(f"FINAL r2={trainer.r2():.4f}")
