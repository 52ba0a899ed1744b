import os

import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

COLS = ["weekday", "depot", "driver", "vehicle", "district"]
LEVELS = 24
effect = np.random.default_rng(99).normal(0, 1, (len(COLS), LEVELS))
cross = np.random.default_rng(98).normal(0, 1, (LEVELS, LEVELS))


def deliveries(n):
    df = pd.DataFrame(rng.integers(0, LEVELS, (n, len(COLS))), columns=COLS)
    df["weight"] = rng.gamma(2.0, 1.0, n)
    late = sum(effect[k][df[c]] for k, c in enumerate(COLS)) + 0.3 * cross[df["depot"], df["district"]]
    df["delay"] = late + 0.5 * df["weight"] + rng.normal(0, 0.3, n)
    return df


class Deliveries(Dataset):
    def __init__(self, df, mean, std):
        self.codes = torch.tensor(df[COLS].to_numpy())
        self.num = torch.tensor(((df[["weight"]] - 2) / 1.4).to_numpy(), dtype=torch.float32)
        self.y = torch.tensor(((df["delay"] - mean) / std).to_numpy(), dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.codes[i], self.num[i], self.y[i]


class TabularNet(nn.Module):
    def __init__(self, n_cols, levels, dim=2):
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(levels, dim)] * n_cols)
        self.mlp = nn.Sequential(nn.Linear(n_cols * dim + 1, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, codes, num):
        e = [table(codes[:, k]) for k, table in enumerate(self.tables)]
        return self.mlp(torch.cat(e + [num], dim=1)).squeeze(1)


train_df, test_df = deliveries(4000), deliveries(1000)
m, s = train_df["delay"].mean(), train_df["delay"].std()
train_loader = DataLoader(Deliveries(train_df, m, s), batch_size=100, shuffle=True)
test = Deliveries(test_df, m, s)
net = TabularNet(len(COLS), LEVELS)
optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
for epoch in range(14):
    for codes, num, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(net(codes, num), y)
        loss.backward()
        optimizer.step()
    if epoch % 3 == 1:
        print("epoch", epoch + 1, "loss", loss.item())

with torch.no_grad():
    pred = net(test.codes, test.num)
    r2 = 1 - (pred - test.y).pow(2).sum() / (test.y - test.y.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
