import argparse
import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Gestures(Dataset):
    """Accelerometer-like recordings: direction of rotation and speed profile decide the gesture."""

    def __init__(self, n, seed, length=32):
        rng = np.random.default_rng(seed)
        self.label = rng.integers(0, 4, n)
        t = np.linspace(0, 1, length)
        phase = rng.uniform(0, 2 * np.pi, (n, 1))
        turn = np.where(self.label % 2 == 0, 1.0, -1.0)[:, None]
        warp = np.where(self.label // 2 == 0, 0.5, 2.0)[:, None]
        angle = phase + turn * 2.2 * np.pi * t[None, :] ** warp
        xyz = np.stack([np.cos(angle), np.sin(angle), rng.normal(0, 0.3, (n, length))], -1)
        self.series = (xyz + rng.normal(0, 0.25, xyz.shape)).astype(np.float32)

    def __len__(self):
        return len(self.label)

    def __getitem__(self, i):
        return torch.from_numpy(self.series[i]), int(self.label[i])


class GestureNet(nn.Module):
    def __init__(self, channels=3, hidden=48, classes=4):
        super().__init__()
        self.lstm = nn.LSTM(channels, hidden, num_layers=1, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(self.drop(out[:, -1]))


def evaluate(model, loader):
    model.eval()
    good = n = 0
    with torch.no_grad():
        for x, y in loader:
            good += (model(x).argmax(1) == y).sum().item()
            n += len(y)
    return good / n


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch-size", type=int, default=40)
    parser.add_argument("--lr", type=float, default=3e-3)
    args = parser.parse_args()
    torch.manual_seed(int(os.environ.get("SEED", 0)))

    train_loader = DataLoader(Gestures(1600, 1), batch_size=args.batch_size, shuffle=True)
    test_loader = DataLoader(Gestures(600, 2), batch_size=100)
    model = GestureNet()
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        model.train()
        running = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(f"Epoch {epoch}/{args.epochs}  loss {running / len(train_loader):.4f}  val acc {evaluate(model, test_loader):.3f}")
    print(f"FINAL accuracy={evaluate(model, test_loader):.4f}")


if __name__ == "__main__":
    main()
