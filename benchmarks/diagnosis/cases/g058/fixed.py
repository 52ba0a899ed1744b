import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def arm(n):
    """planar arm of three joints: where is the hand, given the sines and cosines of the angles"""
    a = np.random.uniform(-2, 2, (n, 3))
    s = np.cumsum(a, 1)
    hand = np.stack([(np.cos(s) * [1.0, 0.8, 0.6]).sum(1), (np.sin(s) * [1.0, 0.8, 0.6]).sum(1)], 1)
    return torch.tensor(a / 1.15, dtype=torch.float32), torch.tensor((hand - hand.mean(0)) / hand.std(0), dtype=torch.float32)


class ArmNet(nn.Module):
    def __init__(self, width=64, depth=22):
        super().__init__()
        sizes = [3] + [width] * depth
        self.hidden = nn.ModuleList(nn.Linear(i, o) for i, o in zip(sizes, sizes[1:]))
        self.out = nn.Linear(width, 2)
        gain = nn.init.calculate_gain("relu")
        for layer in self.hidden:
            nn.init.orthogonal_(layer.weight, gain=gain)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.out(x)


net = ArmNet()
x_test, y_test = arm(800)
loader = DataLoader(TensorDataset(*arm(2500)), batch_size=50, shuffle=True)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.8)
for epoch in range(16):
    loss_sum = 0.0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item()
    print(f"epoch {epoch + 1}: loss {loss_sum / len(loader):.4f}")

with torch.no_grad():
    r2 = 1 - ((net(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean(0)) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
