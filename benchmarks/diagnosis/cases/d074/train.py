import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)


def sectors(n):
    p = rng.uniform(-1.7, 1.7, (n, 2)).astype("float32")
    angle = np.arctan2(p[:, 1], p[:, 0])
    wedge = np.floor((angle + np.pi) / (2 * np.pi) * 8 - 1e-9).astype(int)
    return torch.from_numpy(p), torch.from_numpy((wedge * 3) % 8)


WIDTH = 2
model = nn.Sequential(nn.Linear(2, WIDTH), nn.Tanh(), nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 8))
loader = DataLoader(TensorDataset(*sectors(3000)), batch_size=50, shuffle=True)
x_test, y_test = sectors(1000)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for epoch in range(15):
    right = 0
    for x, y in loader:
        out = model(x)
        loss = criterion(out, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        right += (out.argmax(1) == y).sum().item()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1} loss {loss.item():.4f} train accuracy {right / 3000:.4f}")

with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
