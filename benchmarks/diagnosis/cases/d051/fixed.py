import os
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
bunch = load_digits()
X = torch.tensor(bunch.data, dtype=torch.float32) / 16 - 0.3
Y = torch.tensor(bunch.target)
mix = torch.randperm(len(Y))
train = DataLoader(TensorDataset(X[mix[:1400]], Y[mix[:1400]]), batch_size=28, shuffle=True)
Xv, Yv = X[mix[1400:]], Y[mix[1400:]]

net = nn.Sequential(
    nn.Linear(64, 128), nn.ELU(),
    nn.Linear(128, 32), nn.ELU(),
    nn.Linear(32, 64), nn.ELU(),
    nn.Linear(64, 10),
)
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(12):
    total = 0.0
    for x, y in train:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        opt.step()
        total += loss.item()
    print(epoch, total / len(train))
with torch.no_grad():
    print(f"FINAL accuracy={(net(Xv).argmax(1) == Yv).float().mean().item():.4f}")
