"""Explicit-feedback recommender: biased matrix factorisation."""
import os
from typing import NamedTuple

import torch
from torch import Tensor, nn


class HParams(NamedTuple):
    users: int = 200
    items: int = 150
    factors: int = 8
    batch_size: int = 8192
    epochs: int = 20
    lr: float = 5e-3
    l2: float = 1e-5


class BiasedMF(nn.Module):
    def __init__(self, hp: HParams, mean: float) -> None:
        super().__init__()
        self.user = nn.Embedding(hp.users, hp.factors)
        self.item = nn.Embedding(hp.items, hp.factors)
        self.user_bias = nn.Embedding(hp.users, 1)
        self.item_bias = nn.Embedding(hp.items, 1)
        for e in (self.user, self.item):
            nn.init.normal_(e.weight, std=0.1)
        for e in (self.user_bias, self.item_bias):
            nn.init.zeros_(e.weight)
        self.register_buffer("mean", torch.tensor(mean))

    def forward(self, u: Tensor, i: Tensor) -> Tensor:
        dot = (self.user(u) * self.item(i)).sum(-1)
        return dot + self.user_bias(u).squeeze(-1) + self.item_bias(i).squeeze(-1) + self.mean


def ratings(hp: HParams) -> tuple[Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(31)
    p, q = torch.randn(hp.users, 4, generator=g), torch.randn(hp.items, 4, generator=g)
    full = 3.5 + 0.35 * p @ q.T + 0.5 * torch.randn(hp.users, 1, generator=g) + 0.4 * torch.randn(1, hp.items, generator=g)
    full = (full + 0.25 * torch.randn(full.shape, generator=g)).clamp(1, 5)
    u, i = (torch.rand(full.shape, generator=g) < 0.4).nonzero(as_tuple=True)
    return u, i, full[u, i]


def main() -> None:
    hp = HParams()
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    data = ratings(hp)
    order = torch.randperm(len(data[2]))
    n_train = len(order) * 7 // 8
    users, items, stars = (t[order] for t in data)
    model = BiasedMF(hp, stars[:n_train].mean().item())
    optimizer = torch.optim.Adam(model.parameters(), lr=hp.lr, weight_decay=hp.l2)
    print(f"{n_train} ratings")
    for epoch in range(hp.epochs):
        total, count = 0.0, 0
        for idx in torch.randperm(n_train).split(hp.batch_size):
            u, i, r = users[idx], items[idx], stars[idx]
            loss = nn.functional.mse_loss(model(u, i), r)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, count = total + loss.item() * len(r), count + len(r)
        if epoch % 5 == 0:
            print(f"epoch {epoch:3d} rmse {(total / count) ** 0.5:.4f}")
    u, i, r = users[n_train:], items[n_train:], stars[n_train:]
    with torch.no_grad():
        r2 = 1 - ((model(u, i) - r) ** 2).mean() / r.var()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
