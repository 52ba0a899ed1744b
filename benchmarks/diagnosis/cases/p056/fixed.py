import os
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SEED = int(os.environ.get("SEED", 0))


@dataclass
class Config:
    numeric: list = field(default_factory=lambda: ["rooms", "age", "distance", "tax", "crime", "lot_sqft"])
    passthrough: list = field(default_factory=list)
    n_zip: int = 25
    width: int = 64
    lr: float = 1e-3
    epochs: int = 12
    batch: int = 50


def houses(n, rng, zip_effect):
    t = {
        "rooms": rng.integers(2, 9, n).astype(float),
        "age": rng.uniform(0, 80, n),
        "distance": rng.gamma(3, 3, n),
        "tax": rng.normal(300, 60, n),
        "crime": rng.exponential(2, n),
        "lot_sqft": rng.lognormal(10.2, 0.6, n),
        "zip": rng.integers(0, len(zip_effect), n),
    }
    price = (0.5 * t["rooms"] - 0.01 * t["age"] - 0.06 * t["distance"] - 0.1 * t["crime"] * (t["rooms"] > 5)
             + 0.4 * np.log(t["lot_sqft"] / 27000) + zip_effect[t["zip"]] + rng.normal(0, 0.15, n))
    return t, price


class WideDeep(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        d = len(c.numeric) + len(c.passthrough)
        self.zips = nn.Embedding(c.n_zip, 6)
        self.deep = nn.Sequential(nn.Linear(d + 6, c.width), nn.ReLU(), nn.Linear(c.width, c.width), nn.ReLU(),
                                  nn.Linear(c.width, 1))
        self.wide = nn.Linear(d, 1)

    def forward(self, x, z):
        return (self.deep(torch.cat([x, self.zips(z)], -1)) + self.wide(x)).squeeze(-1)


class Preprocessor:
    def __init__(self, c):
        self.c, self.stats = c, {}

    def fit(self, t):
        for k in self.c.numeric:
            self.stats[k] = (t[k].mean(), t[k].std())
        return self

    def transform(self, t):
        cols = [(t[k] - m) / s for k, (m, s) in self.stats.items()]
        cols += [t[k] for k in self.c.passthrough]
        return torch.tensor(np.stack(cols, 1), dtype=torch.float32), torch.tensor(t["zip"])


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED + 77)
    c = Config()
    effect = rng.normal(0, 0.5, c.n_zip)
    train, y = houses(2000, rng, effect)
    test, yt = houses(600, rng, effect)
    mu, sd = y.mean(), y.std()
    prep = Preprocessor(c).fit(train)
    x, z = prep.transform(train)
    target = torch.tensor((y - mu) / sd, dtype=torch.float32)
    model = WideDeep(c)
    opt = torch.optim.Adam(model.parameters(), lr=c.lr)
    for epoch in range(c.epochs):
        losses = []
        for idx in torch.randperm(len(x)).split(c.batch):
            loss = F.mse_loss(model(x[idx], z[idx]), target[idx])
            opt.zero_grad()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        print(f"epoch {epoch} mse {np.mean(losses):.4f}")
    with torch.no_grad():
        p = model(*prep.transform(test)).numpy() * sd + mu
    print(f"FINAL r2={1 - ((p - yt) ** 2).sum() / ((yt - yt.mean()) ** 2).sum():.4f}")


if __name__ == "__main__":
    main()
