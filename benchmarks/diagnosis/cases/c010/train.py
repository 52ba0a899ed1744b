import os

import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)


def spirals(n):
    t = np.sqrt(np.random.rand(n)) * 2.2 * np.pi
    c = np.random.randint(0, 2, n)
    r = t / (2.2 * np.pi)
    xy = np.stack([r * np.cos(t + c * np.pi), r * np.sin(t + c * np.pi)], 1)
    xy = xy * 1.7 + np.random.randn(n, 2) * 0.03
    return torch.tensor(xy, dtype=torch.float32), torch.tensor(c)


layers = []
width = 2
for _ in range(10):
    lin = nn.Linear(width, 32)
    nn.init.xavier_normal_(lin.weight, gain=nn.init.calculate_gain("tanh"))
    nn.init.zeros_(lin.bias)
    layers += [lin, nn.Tanh()]
    width = 32
layers.append(nn.Linear(width, 2))
model = nn.Sequential(*layers)

xtr, ytr = spirals(2000)
xte, yte = spirals(800)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for step in range(1500):
    idx = np.random.choice(len(xtr), 64, replace=False)
    optimizer.zero_grad()
    loss = loss_fn(model(xtr[idx]), ytr[idx])
    loss.backward()
    optimizer.step()
    if (step + 1) % 250 == 0:
        print("step", step + 1, "loss", round(loss.item(), 4))

with torch.no_grad():
    accuracy = (model(xte).argmax(1) == yte).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
