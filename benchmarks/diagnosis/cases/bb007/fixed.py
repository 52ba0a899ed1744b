import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class ForecastConfig:
    window: int = 24
    horizon: int = 6
    hidden: int = 64
    batch: int = 64
    epochs: int = 15
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", 0))


def load_series(seed: int, n: int = 2600) -> np.ndarray:
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    daily = np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 12 + 1.0)
    drift = np.convolve(rng.standard_normal(n + 49), np.ones(50) / 50, "valid")
    return (daily + 2 * drift + 0.1 * rng.standard_normal(n)).astype("float32")


class Windows(Dataset):
    def __init__(self, series: np.ndarray, cfg: ForecastConfig):
        self.series = torch.from_numpy((series - series.mean()) / series.std())
        self.cfg = cfg

    def __len__(self) -> int:
        return len(self.series) - self.cfg.window - self.cfg.horizon

    def __getitem__(self, i: int):
        end = i + self.cfg.window
        return self.series[i:end], self.series[end - 1 + self.cfg.horizon]


class Forecaster(nn.Module):
    def __init__(self, cfg: ForecastConfig):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(cfg.window, cfg.hidden), nn.ReLU(),
            nn.Linear(cfg.hidden, cfg.hidden), nn.ReLU(),
            nn.Linear(cfg.hidden, 1),
        )

    def forward(self, x):
        return self.net(x).squeeze(-1)


class Trainer:
    def __init__(self, cfg: ForecastConfig):
        self.cfg = cfg
        series = load_series(cfg.seed)
        self.loader = DataLoader(Windows(series[:2000], cfg), cfg.batch, shuffle=True)
        self.held_out = series[2000:]
        self.model = Forecaster(cfg)
        self.optim = torch.optim.Adam(self.model.parameters(), cfg.lr)
        self.loss = nn.MSELoss()

    def fit(self):
        for epoch in range(self.cfg.epochs):
            losses = []
            for x, y in self.loader:
                loss = self.loss(self.model(x), y)
                self.optim.zero_grad()
                loss.backward()
                self.optim.step()
                losses.append(loss.item())
            print(f"epoch {epoch + 1}/{self.cfg.epochs} mse {np.mean(losses):.4f}")

    @torch.no_grad()
    def backtest(self) -> float:
        s = torch.from_numpy((self.held_out - self.held_out.mean()) / self.held_out.std())
        x = s.unfold(0, self.cfg.window, 1)[: -self.cfg.horizon]
        y = s[self.cfg.window - 1 + self.cfg.horizon :]
        p = self.model(x)
        return (1 - ((p - y) ** 2).sum() / ((y - y.mean()) ** 2).sum()).item()


if __name__ == "__main__":
    config = ForecastConfig()
    torch.manual_seed(config.seed)
    trainer = Trainer(config)
    trainer.fit()
    print(f"FINAL r2={trainer.backtest():.4f}")
