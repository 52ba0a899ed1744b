import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = make_friedman1(n_samples=1800, n_features=6, noise=1.0, random_state=4)
X = torch.tensor((X - 0.5) * 3.46, dtype=torch.float32)
y = torch.tensor((y - y[:1400].mean()) / y[:1400].std(), dtype=torch.float32).unsqueeze(1)
X_tr, y_tr, X_te, y_te = X[:1400], y[:1400], X[1400:], y[1400:]


def block(a, b, p):
    return [nn.Linear(a, b), nn.ReLU(), nn.Dropout(p)]


net = nn.Sequential(*block(6, 128, 0.1), *block(128, 128, 0.1), nn.Linear(128, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-5)


def predict_with_uncertainty(x, passes=30):
    net.train()  # keeps the dropout masks random: each pass is one draw from the posterior
    with torch.no_grad():
        draws = torch.stack([net(x) for _ in range(passes)])
    return draws.mean(0), draws.std(0)


for epoch in range(28):
    net.train()
    for idx in torch.randperm(len(X_tr)).split(50):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(X_tr[idx]), y_tr[idx])
        loss.backward()
        opt.step()
    if epoch % 8 == 7:
        mean, std = predict_with_uncertainty(X_te)
        inside = ((mean - y_te).abs() < 2 * std).float().mean()
        print(f"epoch {epoch + 1} loss {loss.item():.3f} spread {std.mean().item():.3f} inside {inside.item():.2f}")

mean, _ = predict_with_uncertainty(X_te)
r2 = 1 - ((mean - y_te) ** 2).mean() / y_te.var()
print(f"FINAL r2={r2.item():.4f}")
