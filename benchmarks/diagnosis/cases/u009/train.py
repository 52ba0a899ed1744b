import os

import numpy as np
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))

n_users, n_items, rank = 300, 200, 4
U = rng.normal(size=(n_users, rank))
V = rng.normal(size=(n_items, rank))
bu, bi = rng.normal(0, 0.4, n_users), rng.normal(0, 0.5, n_items)
pairs = rng.choice(n_users * n_items, 16000, replace=False)
u, i = pairs // n_items, pairs % n_items
stars = np.clip(3.5 + bu[u] + bi[i] + 0.45 * (U[u] * V[i]).sum(1) + rng.normal(0, 0.3, len(u)), 0.5, 5)
u, i, stars = torch.tensor(u), torch.tensor(i), torch.tensor(stars, dtype=torch.float32)
tr, te = slice(0, 13000), slice(13000, None)


class BiasedMF(nn.Module):
    def __init__(self, n_users, n_items, k=16, mean=0.0):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, k)
        self.item_factors = nn.Embedding(n_items, k)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        for e in (self.user_factors, self.item_factors):
            nn.init.normal_(e.weight, std=0.1)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)
        self.mean = mean

    def forward(self, user, item):
        dot = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return self.mean + dot + self.user_bias(user).squeeze(1) + self.item_bias(item).squeeze(1)


model = BiasedMF(n_users, n_items, mean=stars[tr].mean().item())
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=2e-2)
mse = nn.MSELoss()

ut, it, st = u[tr], i[tr], stars[tr]
for epoch in range(25):
    perm = torch.randperm(len(ut))
    losses = []
    for chunk in perm.split(256):
        optimizer.zero_grad()
        loss = mse(model(ut[chunk], it[chunk]), st[chunk])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 4 == 0 or epoch == 24:
        with torch.no_grad():
            val = mse(model(u[te], i[te]), stars[te]).item()
        print("epoch", epoch, "train rmse", round(np.mean(losses) ** 0.5, 4), "val rmse", round(val ** 0.5, 4))

r2 = 1 - val / stars[te].var(unbiased=False).item()
print(f"FINAL r2={r2:.4f}")
