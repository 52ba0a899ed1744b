import os

import numpy as np
import pandas as pd
import torch
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

n = 6000
df = pd.DataFrame({
    "plan": rng.choice(["free", "basic", "plus", "pro"], n),
    "country": rng.integers(0, 30, n),
    "device": rng.choice(["ios", "android", "web"], n),
    "tenure": rng.exponential(12, n),
    "usage": rng.normal(0, 1, n),
    "tickets": rng.poisson(1.0, n),
})
country_effect = rng.normal(0, 1.2, 30)
score = (
    df.plan.map({"free": 1.0, "basic": 0.3, "plus": -0.4, "pro": -1.0}) + country_effect[df.country]
    - 0.06 * df.tenure - 1.0 * df.usage + 0.6 * df.tickets * (df.device == "web") - 2.6
)
df["churn"] = (rng.random(n) < 1 / (1 + np.exp(-score))).astype("float32")

cat_cols, num_cols = ["plan", "country", "device"], ["tenure", "usage", "tickets"]
cats = np.stack([df[c].astype("category").cat.codes.values for c in cat_cols], 1).astype("int64")
sizes = [int(cats[:, i].max()) + 1 for i in range(len(cat_cols))]
nums = df[num_cols].values.astype("float32")
cut = 4800
mu, sd = nums[:cut].mean(0), nums[:cut].std(0)
nums = (nums - mu) / sd
y = df.churn.values
T = torch.from_numpy
train = DataLoader(TensorDataset(T(cats[:cut]), T(nums[:cut]), T(y[:cut])), batch_size=128, shuffle=True)


class TabularModel(nn.Module):
    def __init__(self, sizes, n_num):
        super().__init__()
        self.embeds = nn.ModuleList([nn.Embedding(s, min(8, (s + 1) // 2)) for s in sizes])
        width = sum(e.embedding_dim for e in self.embeds) + n_num
        self.emb_drop = nn.Dropout(0.05)
        self.layers = nn.Sequential(
            nn.Linear(width, 64, bias=False), nn.BatchNorm1d(64), nn.ReLU(),
            nn.Linear(64, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.1),
            nn.Linear(32, 1),
        )

    def forward(self, c, x):
        e = torch.cat([emb(c[:, i]) for i, emb in enumerate(self.embeds)], 1)
        return self.layers(torch.cat([self.emb_drop(e), x], 1)).squeeze(1)


model = TabularModel(sizes, len(num_cols))
pos = y[:cut].mean()
criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor((1 - pos) / pos))
epochs = 14
optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-2)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * len(train))

for epoch in range(epochs):
    model.train()
    total = 0.0
    for c, x, t in train:
        loss = criterion(model(c, x), t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        total += loss.item() * len(t)
    model.eval()
    with torch.no_grad():
        prob = torch.sigmoid(model(T(cats[cut:]), T(nums[cut:]))).numpy()
    auc = roc_auc_score(y[cut:], prob)
    print(f"epoch {epoch:2d} loss {total / cut:.4f} valid auc {auc:.4f}")
print(f"churn rate {pos:.3f}")
print(f"FINAL auc={auc:.4f}")
