import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

N_USERS, N_ITEMS, N_RATINGS = 300, 200, 12000
pu, qi = rng.normal(0, 0.6, (N_USERS, 4)), rng.normal(0, 0.6, (N_ITEMS, 4))
bu, bi = rng.normal(0, 0.4, N_USERS), rng.normal(0, 0.4, N_ITEMS)
users, items = rng.integers(0, N_USERS, N_RATINGS), rng.integers(0, N_ITEMS, N_RATINGS)
ratings = 3.5 + bu[users] + bi[items] + (pu[users] * qi[items]).sum(1) + 0.3 * rng.normal(size=N_RATINGS)
ratings = ratings.clip(1, 5)
u, i, r = torch.tensor(users), torch.tensor(items), torch.tensor(ratings, dtype=torch.float32)
cut = int(0.85 * N_RATINGS)


class MatrixFactorization(nn.Module):
    def __init__(self, n_users, n_items, n_factors=32, mean=0.0):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors)
        self.item_factors = nn.Embedding(n_items, n_factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.mean = mean
        nn.init.normal_(self.user_factors.weight, std=0.02)
        nn.init.normal_(self.item_factors.weight, std=0.02)
        nn.init.zeros_(self.user_bias.weight)
        nn.init.zeros_(self.item_bias.weight)

    def forward(self, user, item):
        dot = (self.user_factors(user) * self.item_factors(item)).sum(1)
        return self.mean + dot + self.user_bias(user).squeeze(1) + self.item_bias(item).squeeze(1)


model = MatrixFactorization(N_USERS, N_ITEMS, mean=r[:cut].mean().item())
loss_func = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-5)
for epoch in range(20):
    total = 0.0
    for idx in torch.randperm(cut).split(128):
        loss = loss_func(model(u[idx], i[idx]), r[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    with torch.no_grad():
        rmse = loss_func(model(u[cut:], i[cut:]), r[cut:]).sqrt().item()
    print(f"epoch {epoch + 1:2d} train mse {total / cut:.4f} valid rmse {rmse:.4f}")
print(f"FINAL rmse={rmse:.4f}")
