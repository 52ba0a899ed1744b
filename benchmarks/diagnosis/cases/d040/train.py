import os

import torch
import torch.nn as nn
from sklearn.datasets import make_blobs

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

x, y = make_blobs(n_samples=2400, n_features=4, centers=6, cluster_std=2.2, random_state=21)
x = torch.tensor((x - x.mean(0)) / x.std(0), dtype=torch.float32)
y = torch.tensor(y)
rows = torch.randperm(2400)
train, test = rows[:1800], rows[1800:]

net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 1))
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)


def objective(out, label):
    return nn.functional.mse_loss(out.squeeze(1), label.float())


def decide(out):
    return out.squeeze(1).round().long()


for epoch in range(20):
    for idx in train[torch.randperm(1800)].split(45):
        loss = objective(net(x[idx]), y[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    acc = (decide(net(x[test])) == y[test]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
