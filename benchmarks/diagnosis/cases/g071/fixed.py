import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

SHOPS, GOODS = 40, 60
shop_type = np.random.default_rng(1).integers(0, 5, SHOPS)
good_type = np.random.default_rng(2).integers(0, 6, GOODS)
table = np.random.default_rng(3).standard_normal((5, 6))


def sales(n):
    shop, good = rng.integers(0, SHOPS, n), rng.integers(0, GOODS, n)
    week, price = rng.uniform(0, 1, n), rng.standard_normal(n)
    y = table[shop_type[shop], good_type[good]] + np.sin(6.28 * week) * (0.5 + 0.3 * (good_type[good] > 2)) - 0.5 * price
    y = y / 1.3 + 0.3 * rng.standard_normal(n)
    dense = np.stack([np.sin(6.28 * week), np.cos(6.28 * week), price], 1)
    return [torch.from_numpy(shop), torch.from_numpy(good), torch.tensor(dense, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)]


class SalesNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.shop = nn.Embedding(SHOPS, 8)
        self.good = nn.Embedding(GOODS, 8)
        self.mlp = nn.Sequential(nn.Linear(19, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, shop, good, dense):
        return self.mlp(torch.cat([self.shop(shop), self.good(good), dense], 1)).squeeze(1)


def main():
    shop, good, dense, y = sales(4000)
    test = sales(1000)
    model = SalesNet()
    embeddings = list(model.shop.parameters()) + list(model.good.parameters())
    optimizer = torch.optim.Adam([{"params": model.mlp.parameters(), "lr": 0.002}, {"params": embeddings}], lr=5e-3)
    for epoch in range(12):
        model.train()
        total = 0.0
        for i in torch.randperm(len(y)).split(64):
            loss = F.mse_loss(model(shop[i], good[i], dense[i]), y[i])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(i)
        print(f"epoch {epoch}: train mse {total / len(y):.4f}")
    model.eval()
    with torch.no_grad():
        r2 = 1 - F.mse_loss(model(*test[:3]), test[3]) / test[3].var(unbiased=False)
    print(f"FINAL r2={r2.item():.4f}")


main()
