import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def curves(n, points=16):
    t = torch.linspace(0, 6.283, points)
    kind = torch.randint(0, 3, (n,))
    k = torch.tensor([1.0, 2.0, 3.0])[kind].unsqueeze(1)
    turn = torch.rand(n, 1) * 0.6
    x = torch.sin(t + turn) + 0.6 * torch.sin(k * t + turn) * (kind > 0).unsqueeze(1)
    y = torch.cos(t + turn) - 0.6 * torch.cos(k * t + turn) * (kind > 0).unsqueeze(1)
    return torch.cat([x, y], 1) + 0.25 * torch.randn(n, 2 * points), kind


def layer(a, b):
    return nn.Sequential(nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.Sigmoid())


class KnotNet(nn.Module):
    def __init__(self, depth=10, width=40):
        super().__init__()
        self.first = layer(32, width)
        self.rest = nn.ModuleList([layer(width, width) for _ in range(depth - 1)])
        self.out = nn.Linear(width, 3)

    def forward(self, x):
        x = self.first(x)
        for block in self.rest:
            x = block(x)
        return self.out(x)


train = DataLoader(TensorDataset(*curves(2500)), batch_size=50, shuffle=True)
x_test, y_test = curves(600)
model = KnotNet()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(8):
    model.train()
    for x, y in train:
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(x_test).argmax(1) == y_test).float().mean().item()
    print(f"epoch {epoch + 1}: loss {loss.item():.4f} accuracy {acc:.3f}")
print(f"FINAL accuracy={acc:.4f}")
