import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

FS, LENGTH = 100, 64


def vibration(n):
    """Accelerometer windows of a pump: idle, half load, full load, overload."""
    t = np.arange(LENGTH) / FS
    grade = rng.integers(0, 4, n)
    level = np.array([0.4, 1.0, 2.0, 3.6])[grade] * rng.uniform(0.85, 1.15, n)
    rotation = rng.uniform(8, 14, (n, 1))
    phase = rng.uniform(0, 2 * np.pi, (n, 2))
    x = np.sin(2 * np.pi * rotation * t + phase[:, :1]) + 0.4 * np.sin(4 * np.pi * rotation * t + phase[:, 1:])
    x = level[:, None] * (x + 0.3 * rng.normal(size=(n, LENGTH))) + rng.normal(0, 0.05, size=(n, LENGTH))
    return x, grade


def prepare(windows):
    return torch.tensor(windows, dtype=torch.float32).unsqueeze(1)


class PumpNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(1, 16, 7, stride=2), nn.ReLU(),
            nn.Conv1d(16, 32, 5, stride=2), nn.ReLU(),
            nn.AdaptiveAvgPool1d(4), nn.Flatten())
        self.classifier = nn.Sequential(nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, x):
        return self.classifier(self.encoder(x))


def main():
    xa, ya = vibration(2400)
    xb, yb = vibration(800)
    loader = DataLoader(TensorDataset(prepare(xa), torch.tensor(ya)), batch_size=48, shuffle=True)
    x_test, y_test = prepare(xb), torch.tensor(yb)
    net = PumpNet()
    opt = torch.optim.Adam(net.parameters(), lr=2e-3)
    crit = nn.CrossEntropyLoss()
    for epoch in range(14):
        net.train()
        for x, y in loader:
            loss = crit(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        with torch.no_grad():
            out = net(x_test)
            acc = (out.argmax(1) == y_test).float().mean().item()
        print(f"epoch {epoch + 1}: train {loss.item():.3f} test {crit(out, y_test).item():.3f} acc {acc:.3f}")
    print(f"FINAL accuracy={acc:.4f}")


main()
