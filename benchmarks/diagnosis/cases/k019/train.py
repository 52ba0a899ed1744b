import os

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed + 1)
ADS, SITES, HOURS = 50, 30, 24
ad_effect = np.random.default_rng(0).normal(0, 0.4, ADS)
site_effect = np.random.default_rng(1).normal(0, 0.35, SITES)


def log_of_clicks(n):
    ad, site, hour = rng.integers(0, ADS, n), rng.integers(0, SITES, n), rng.integers(0, HOURS, n)
    logit = ad_effect[ad] + site_effect[site] + 0.2 * np.sin(2 * np.pi * hour / 24)
    p = 1 / (1 + np.exp(-logit))
    click = rng.random(n) < p
    print(f"{n} views, best possible auc {roc_auc_score(click, p):.4f}")
    return torch.tensor(np.stack([ad, ADS + site, ADS + SITES + hour], 1)), torch.tensor(click, dtype=torch.float32)


class ClickModel(nn.Module):
    def __init__(self, dim=6):
        super().__init__()
        self.table = nn.Embedding(ADS + SITES + HOURS, dim)
        self.linear = nn.Embedding(ADS + SITES + HOURS, 1)
        nn.init.normal_(self.table.weight, std=0.05)
        nn.init.zeros_(self.linear.weight)
        self.mlp = nn.Sequential(nn.Linear(3 * dim, 24), nn.ReLU(), nn.Dropout(0.2), nn.Linear(24, 1))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, ids):
        wide = self.linear(ids).sum((1, 2))
        return wide + self.mlp(self.table(ids).flatten(1)).squeeze(1) + self.bias


x, y = log_of_clicks(20000)
x_val, y_val = log_of_clicks(4000)
x_test, y_test = log_of_clicks(6000)
model = ClickModel()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
bce = nn.BCEWithLogitsLoss()
best, kept, patience = 9.9, None, 0
for epoch in range(15):
    model.train()
    total = 0.0
    for xb, yb in DataLoader(TensorDataset(x, y), batch_size=256, shuffle=True):
        loss = bce(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(xb)
    model.eval()
    with torch.no_grad():
        val = bce(model(x_val), y_val).item()
    print(f"epoch {epoch} log loss {total / len(x):.4f} validation {val:.4f}")
    if val < best:
        best, patience = val, 0
        kept = {k: v.clone() for k, v in model.state_dict().items()}
    else:
        patience += 1
        if patience == 2:
            break
model.load_state_dict(kept)
with torch.no_grad():
    print(f"FINAL auc={roc_auc_score(y_test.numpy(), model(x_test).numpy()):.4f}")
