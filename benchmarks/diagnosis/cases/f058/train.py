import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def readings(n):
    x = torch.rand(n, 6) * 2 - 1
    clean = torch.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.5 * x[:, 3].abs()
    return x, (clean + 1.0 * torch.randn(n)).unsqueeze(1), clean.unsqueeze(1)


x, y, _ = readings(1300)
x_test, _, clean_test = readings(1500)
loader = DataLoader(TensorDataset(x, y), batch_size=1, shuffle=True)

net = nn.Sequential(nn.Linear(6, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 1))
sgd = torch.optim.SGD(net.parameters(), lr=0.08)
total_epochs = 1 if loader.batch_size == 1 else 40
for epoch in range(total_epochs):
    losses = []
    for i, (xb, yb) in enumerate(loader):
        sgd.zero_grad()
        loss = (net(xb) - yb).square().mean()
        loss.backward()
        sgd.step()
        losses.append(loss.item())
        if i % 250 == 249:
            print(f"epoch {epoch} step {i + 1} loss {sum(losses[-250:]) / 250:.3f}")
    if epoch % 8 == 0:
        print(f"epoch {epoch} mean loss {sum(losses) / len(losses):.3f}")

with torch.no_grad():
    error = (net(x_test) - clean_test).square().mean()
print(f"FINAL r2={1 - (error / clean_test.var()).item():.4f}")
