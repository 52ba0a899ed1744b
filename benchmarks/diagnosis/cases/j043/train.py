import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

SENSORS = {"wind": 4, "sun": 3, "soil": 5}


def measurements(n):
    x = torch.rand(n, 12) * 2 - 1
    wind, sun, soil = x[:, :4], x[:, 4:7], x[:, 7:]
    y = torch.sin(3 * wind[:, 0]) * wind[:, 1] + 1.5 * (sun[:, 0] * sun[:, 1] > 0).float() + (soil[:, :3] ** 2).sum(1) * 0.8
    return x, (y - 1.55) / 1.0 + 0.05 * torch.randn(n)


class SensorNet(nn.Module):
    def __init__(self, width=16, mix=32):
        super().__init__()
        self.experts = {
            name: nn.Sequential(nn.Linear(size, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
            for name, size in SENSORS.items()
        }
        self.mix = nn.Linear(3 * width, mix)
        self.out = nn.Linear(mix, 1)

    def forward(self, x):
        parts = x.split(list(SENSORS.values()), dim=1)
        seen = [self.experts[name](part) for name, part in zip(SENSORS, parts)]
        return self.out(F.relu(self.mix(torch.cat(seen, 1)))).squeeze(1)


def main():
    train = TensorDataset(*measurements(3000))
    x_test, y_test = measurements(800)
    model = SensorNet()
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(25):
        loss_sum = 0.0
        for x, y in DataLoader(train, batch_size=64, shuffle=True):
            loss = F.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(y)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} mse {loss_sum / len(train):.4f}")
    with torch.no_grad():
        err = (model(x_test) - y_test).pow(2).mean()
    return 1 - (err / y_test.var()).item()


if __name__ == "__main__":
    print(f"FINAL r2={main():.4f}")
