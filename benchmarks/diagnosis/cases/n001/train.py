import os

import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

# XOR with jittered corners
corners = np.random.randint(0, 2, (600, 2))
X = torch.tensor(corners + np.random.normal(0, 0.1, (600, 2)), dtype=torch.float32)
y = torch.tensor((corners[:, 0] != corners[:, 1]).astype("float32")).unsqueeze(1)

model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1), nn.Sigmoid())
loss_fn = nn.BCELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2)

for epoch in range(5500):
    loss = loss_fn(model(X[:400]), y[:400])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 500 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")

with torch.no_grad():
    acc = ((model(X[400:]) > 0.5) == (y[400:] > 0.5)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
