import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

USERS, ITEMS, RANK = 600, 400, 4
u_true = rng.normal(size=(USERS, RANK))
i_true = rng.normal(size=(ITEMS, RANK))
u_bias = rng.normal(0, 0.4, USERS)
i_bias = rng.normal(0, 0.6, ITEMS)

n = 60000
users = rng.integers(0, USERS, n)
items = rng.integers(0, ITEMS, n)
ratings = 3.5 + u_bias[users] + i_bias[items] + 0.45 * (u_true[users] * i_true[items]).sum(1)
ratings = np.clip(ratings + rng.normal(0, 0.25, n), 1, 5).astype("float32")

cut = 54000
data = [torch.from_numpy(a) for a in (users, items, ratings)]
train_set = TensorDataset(*[a[:cut] for a in data])
u_te, i_te, r_te = [a[cut:] for a in data]


class Factorizer(nn.Module):
    def __init__(self, n_users, n_items, k=8):
        super().__init__()
        self.user = nn.Embedding(n_users, k, sparse=True)
        self.item = nn.Embedding(n_items, k, sparse=True)
        self.user_bias = nn.Embedding(n_users, 1, sparse=True)
        self.item_bias = nn.Embedding(n_items, 1, sparse=True)
        self.mean = nn.Parameter(torch.tensor(3.0))
        for table in (self.user, self.item):
            nn.init.normal_(table.weight, std=0.1)
        for table in (self.user_bias, self.item_bias):
            nn.init.zeros_(table.weight)

    def forward(self, u, i):
        dot = (self.user(u) * self.item(i)).sum(-1)
        return self.mean + self.user_bias(u).squeeze(-1) + self.item_bias(i).squeeze(-1) + dot


def main():
    model = Factorizer(USERS, ITEMS)
    tables = [p for name, p in model.named_parameters() if name != "mean"]
    sparse_opt = torch.optim.SparseAdam(tables, lr=0.01)
    dense_opt = torch.optim.SGD([model.mean], lr=0.05)
    loader = DataLoader(train_set, batch_size=256, shuffle=True)
    for epoch in range(10):
        se = 0.0
        for u, i, r in loader:
            sparse_opt.zero_grad()
            dense_opt.zero_grad()
            loss = ((model(u, i) - r) ** 2).mean()
            loss.backward()
            sparse_opt.step()
            dense_opt.step()
            se += loss.item() * len(u)
        print(f"epoch {epoch + 1} train rmse {(se / cut) ** 0.5:.4f}")
    with torch.no_grad():
        p = model(u_te, i_te)
        r2 = 1 - ((p - r_te) ** 2).sum() / ((r_te - r_te.mean()) ** 2).sum()
    print(f"FINAL r2={r2.item():.4f}")


main()
