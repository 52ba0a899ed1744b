import os
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))

n = 2400
arm = torch.arange(n) % 2
r = torch.rand(n).sqrt() * 3
theta = 1.8 * r + arm * torch.pi
xy = torch.stack([r * torch.cos(theta), r * torch.sin(theta)], dim=1) + 0.1 * torch.randn(n, 2)
train, test = random_split(TensorDataset(xy / 1.5, arm.float()), [1800, 600])

model = nn.Sequential(
    nn.Linear(2, 64),
    nn.BatchNorm1d(64),
    nn.Linear(64, 64),
    nn.BatchNorm1d(64),
    nn.Linear(64, 32),
    nn.Dropout(0.1),
    nn.Linear(32, 1),
    nn.Flatten(0),
)
optimizer = optim.Adam(model.parameters(), lr=5e-3)
bce = nn.BCEWithLogitsLoss()


def evaluate():
    model.eval()
    hits = sum(((model(x) > 0).float() == y).sum().item() for x, y in DataLoader(test, batch_size=200))
    model.train()
    return hits / len(test)


for epoch in range(20):
    for x, y in DataLoader(train, batch_size=45, shuffle=True):
        optimizer.zero_grad()
        loss = bce(model(x), y)
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1}: loss={loss.item():.3f} val={evaluate():.3f}")
print(f"FINAL accuracy={evaluate():.4f}")
