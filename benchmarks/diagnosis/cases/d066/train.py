import os

import torch
from sklearn.datasets import make_circles
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

xy, c = make_circles(2600, noise=0.06, factor=0.55, random_state=1)
xy = torch.tensor(xy, dtype=torch.float32) * 1.5
c = torch.tensor(c)
loader = DataLoader(TensorDataset(xy[:2000], c[:2000]), batch_size=40, shuffle=True)

EFFECTIVE = 2560
accumulate = EFFECTIVE // 40

model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
criterion = nn.CrossEntropyLoss()
for epoch in range(20):
    optimizer.zero_grad()
    for i, (x, y) in enumerate(loader):
        loss = criterion(model(x), y) / accumulate
        loss.backward()
        if (i + 1) % accumulate == 0:
            optimizer.step()
            optimizer.zero_grad()
    if epoch % 4 == 0:
        print(f"epoch {epoch} loss {loss.item() * accumulate:.4f}")

model.eval()
with torch.no_grad():
    acc = (model(xy[2000:]).argmax(1) == c[2000:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
