"""Hourly load forecast with an LSTM: the last 24 hours and the calendar give the next hour."""
import os
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset


@dataclass
class Config:
    window: int = 24
    hidden: int = 48
    lr: float = 2e-3
    epochs: int = 8
    batch_size: int = 64
    seed: int = int(os.environ.get("SEED", 0))


def simulate_grid(hours: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features (hours, 5) and load in MW (hours,)."""
    t = np.arange(hours)
    temp = 10 + 9 * np.sin(2 * np.pi * t / (24 * 365)) + 5 * np.sin(2 * np.pi * (t - 9) / 24)
    weather = np.zeros(hours)
    for i in range(1, hours):
        weather[i] = 0.98 * weather[i - 1] + rng.normal(0, 0.6)
    temp = temp + weather
    weekend = ((t // 24) % 7 >= 5).astype(float)
    load = 520 + 110 * np.sin(2 * np.pi * (t - 8) / 24) - 70 * weekend + 6.0 * np.abs(temp - 17)
    load = load + rng.normal(0, 8, hours)
    feats = np.stack([np.sin(2 * np.pi * t / 24), np.cos(2 * np.pi * t / 24), weekend,
                      (temp - 10) / 9, (temp - 17) ** 2 / 100 - 1], 1)
    return feats.astype(np.float32), load.astype(np.float32)


class LoadWindows(Dataset):
    def __init__(self, feats: np.ndarray, load: np.ndarray, window: int) -> None:
        self.feats = torch.from_numpy(feats)
        self.load = torch.from_numpy(load)
        self.window = window

    def __len__(self) -> int:
        return len(self.feats) - self.window

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        return self.feats[i + 1 : i + self.window + 1], self.load[i + self.window]


class LoadLSTM(nn.Module):
    def __init__(self, n_features: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(n_features, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        out, _ = self.lstm(x)
        return self.head(out[:, -1]).squeeze(-1)


class Trainer:
    def __init__(self, model: nn.Module, cfg: Config) -> None:
        self.model, self.cfg = model, cfg
        self.optim = torch.optim.Adam(model.parameters(), lr=cfg.lr)
        self.loss_fn = nn.MSELoss()

    def fit(self, loader: DataLoader) -> None:
        for epoch in range(self.cfg.epochs):
            self.model.train()
            losses = []
            for x, y in loader:
                self.optim.zero_grad()
                loss = self.loss_fn(self.model(x), y)
                loss.backward()
                self.optim.step()
                losses.append(loss.item())
            print(f"epoch {epoch}: mse {np.mean(losses):.4f}")

    @torch.no_grad()
    def r2(self, loader: DataLoader) -> float:
        self.model.eval()
        pred = torch.cat([self.model(x) for x, _ in loader])
        true = torch.cat([y for _, y in loader])
        return float(1 - (pred - true).pow(2).sum() / (true - true.mean()).pow(2).sum())


def main() -> None:
    cfg = Config()
    torch.manual_seed(cfg.seed)
    rng = np.random.default_rng(cfg.seed)
    feats, load = simulate_grid(4200, rng)
    split = 3400
    load = (load - load[:split].mean()) / load[:split].std()
    train = LoadWindows(feats[:split], load[:split], cfg.window)
    test = LoadWindows(feats[split:], load[split:], cfg.window)
    trainer = Trainer(LoadLSTM(feats.shape[1], cfg.hidden), cfg)
    trainer.fit(DataLoader(train, cfg.batch_size, shuffle=True))
    print(f"FINAL r2={trainer.r2(DataLoader(test, 256)):.4f}")


if __name__ == "__main__":
    main()
