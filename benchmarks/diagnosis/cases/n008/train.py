import os
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

n = 1800
df = pd.DataFrame({
    "sex": rng.choice(["m", "f"], n),
    "deck": rng.choice(["first", "second", "third"], n, p=[0.25, 0.2, 0.55]),
    "age": np.where(rng.random(n) < 0.2, np.nan, rng.gamma(6, 5, n)),
    "fare": rng.lognormal(3, 0.8, n),
    "family": rng.poisson(0.9, n),
})
logit = (2.6 * (df["sex"] == "f") + 1.4 * (df["deck"] == "first") - 1.2 * (df["deck"] == "third")
         - 0.03 * (df["age"].fillna(30) - 30) - 0.4 * (df["family"] > 3) - 0.9)
saved = (rng.random(n) < 1 / (1 + np.exp(-1.4 * logit))).astype("float32")

# missing ages become the mean and get a column of their own
df["age_missing"] = df["age"].isna().astype(float)
df["age"] = df["age"].fillna(df["age"].mean()) / 80
df["fare"] = np.log(df["fare"]) / 5
features = pd.get_dummies(df, columns=["sex", "deck"]).astype("float32")
X, y = torch.tensor(features.values), torch.tensor(saved.to_numpy())
train, test = slice(0, 1300), slice(1300, n)


class SavedNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(n_in, 32), nn.Linear(32, 16), nn.Linear(16, 1)

    def forward(self, x):
        return self.c(F.elu(self.b(F.elu(self.a(x))))).view(-1)


model = SavedNet(X.shape[1])
optimizer = torch.optim.SGD(model.parameters(), lr=0.003, momentum=0.9)
Xt, yt = X[train], y[train]
for epoch in range(60):
    for rows in torch.randperm(len(Xt)).split(20):
        loss = F.binary_cross_entropy_with_logits(model(Xt[rows]), yt[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        with torch.no_grad():
            print(f"epoch {epoch + 1}: {F.binary_cross_entropy_with_logits(model(Xt), yt).item():.4f}")

with torch.no_grad():
    acc = ((model(X[test]) > 0) == (y[test] > 0.5)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
