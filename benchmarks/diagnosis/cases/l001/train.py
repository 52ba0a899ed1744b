"""Predict monthly energy use of a household from its meter and building tables."""
import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)


@dataclass
class Config:
    hidden: int = 64
    lr: float = 2e-3
    batch_size: int = 64
    epochs: int = 15


def simulate(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = rng.permutation(np.arange(10_000, 10_000 + n))
    area = rng.gamma(6.0, 18.0, n)
    people = rng.integers(1, 7, n)
    age = rng.uniform(0, 80, n)
    heat = rng.choice(["gas", "pump", "district"], n)
    factor = pd.Series(heat).map({"gas": 0.2, "pump": 1.1, "district": 0.4}).to_numpy()
    use = 1.2 * people + 0.02 * area * factor * (1 + age / 60) + rng.normal(0, 0.25, n)
    meters = pd.DataFrame({"id": ids, "people": people, "use": use})
    buildings = pd.DataFrame({"id": ids, "area": area, "age": age, "heat": heat}).sample(frac=1.0, random_state=SEED)
    return meters, buildings


def build_features(meters: pd.DataFrame, buildings: pd.DataFrame) -> pd.DataFrame:
    table = meters.merge(buildings, on="id", how="outer")
    return pd.get_dummies(table, columns=["heat"], dtype=float)


class Households(Dataset):
    def __init__(self, meters, buildings, columns=None, stats=None, target=None):
        table = build_features(meters, buildings)
        self.columns = columns or [c for c in table.columns if c not in ("id", "use")]
        x = table[self.columns].to_numpy(np.float32)
        self.stats = stats or (x.mean(0), x.std(0) + 1e-6)
        self.x = torch.from_numpy((x - self.stats[0]) / self.stats[1])
        y = target if target is not None else table["use"]
        self.y = torch.tensor(np.asarray(y), dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i]


cfg = Config()
meters, buildings = simulate(2600)
held = meters.iloc[2000:]
meters = meters.iloc[:2000].copy()
scale = (meters["use"].mean(), meters["use"].std())
target = (meters["use"] - scale[0]) / scale[1]

train_set = Households(meters, buildings[buildings.id.isin(meters.id)], target=target)
test_set = Households(held, buildings[buildings.id.isin(held.id)], train_set.columns, train_set.stats)

model = nn.Sequential(
    nn.Linear(train_set.x.shape[1], cfg.hidden), nn.SiLU(),
    nn.Linear(cfg.hidden, cfg.hidden), nn.SiLU(),
    nn.Linear(cfg.hidden, 1), nn.Flatten(0),
)
optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
criterion = nn.MSELoss()
loader = DataLoader(train_set, batch_size=cfg.batch_size, shuffle=True)

for epoch in range(cfg.epochs):
    model.train()
    total = 0.0
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
    print(f"epoch {epoch:02d} mse {total / len(train_set):.4f}")

model.eval()
with torch.no_grad():
    pred = model(test_set.x) * scale[1] + scale[0]
resid = ((pred - test_set.y) ** 2).sum()
r2 = 1 - resid / ((test_set.y - test_set.y.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
