import os
import numpy as np
import pandas as pd
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

# next-day move of a made-up asset from a few signals; most of the move is chance
rs = np.random.RandomState(2024)
n = 16000
df = pd.DataFrame(rs.normal(size=(n, 6)), columns=[f"sig{i}" for i in range(6)])
edge = 0.25 * np.tanh(df.sig0) + 0.18 * df.sig1 * (df.sig2 > 0) - 0.1 * df.sig3
df["target"] = edge + rs.standard_t(6, size=n) * 0.8

cut = 12000
X = torch.tensor(df.drop(columns="target").values, dtype=torch.float32)
y = torch.tensor(df["target"].values, dtype=torch.float32).unsqueeze(1)
X_train, y_train, X_test, y_test = X[:cut], y[:cut], X[cut:], y[cut:]

model = nn.Sequential(
    nn.Linear(6, 32),
    nn.ELU(),
    nn.Dropout(0.1),
    nn.Linear(32, 1),
)
criterion = nn.SmoothL1Loss()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)

for epoch in range(15):
    model.train()
    perm = torch.randperm(cut)
    tot = 0
    for i in range(0, cut, 128):
        idx = perm[i:i + 128]
        loss = criterion(model(X_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        tot += loss.item() * len(idx)
    scheduler.step()
    model.eval()
    with torch.no_grad():
        p = model(X_test)
        val = criterion(p, y_test).item()
    ic = np.corrcoef(p.squeeze().numpy(), y_test.squeeze().numpy())[0, 1]
    print(f"epoch {epoch}: train {tot / cut:.5f} valid {val:.5f} IC {ic:.3f}")

r2 = 1 - ((p - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
