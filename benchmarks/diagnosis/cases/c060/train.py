import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman1
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
X, y = make_friedman1(4000, n_features=7, noise=0.4, random_state=SEED)
X = torch.tensor((X - 0.5) * 3.46, dtype=torch.float32)
y = torch.tensor((y - y.mean()) / y.std(), dtype=torch.float32).unsqueeze(1)
train = DataLoader(TensorDataset(X[:3000], y[:3000]), batch_size=60, shuffle=True)
Xv, yv, Xt, yt = X[3000:3500], y[3000:3500], X[3500:], y[3500:]

net = nn.Sequential(nn.Linear(7, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(),
                    nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, 80), nn.ReLU(), nn.Linear(80, 1))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
best, wait = float("inf"), 0
for epoch in range(25):
    net.train()
    for a, b in train:
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(a), b)
        loss.backward()
        opt.step()
    net.eval()
    with torch.no_grad():
        val = nn.functional.mse_loss(net(Xv), yv).item()
    if val < best:
        best, wait = val, 0
        torch.save(net.state_dict(), "best.pt")
    else:
        wait += 1
        if wait == 6:
            break
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f} val {val:.4f}")
net.load_state_dict(torch.load("best.pt"))
with torch.no_grad():
    p = net(Xt)
    print(f"FINAL r2={(1 - (p - yt).pow(2).sum() / (yt - yt.mean()).pow(2).sum()).item():.4f}")
