import argparse
import os

import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.optim.lr_scheduler import CyclicLR
from torch.utils.data import DataLoader, TensorDataset


def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--base-lr", type=float, default=2e-3)
    p.add_argument("--max-lr", type=float, default=0.25)
    p.add_argument("--cycles", type=int, default=5)
    p.add_argument("--batch-size", type=int, default=32)
    return p.parse_known_args()[0]


class LeNetish(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(128, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.norm(self.conv1(x))))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def main():
    args = get_args()
    torch.manual_seed(int(os.environ.get("SEED", 0)))
    data = load_digits()
    x = torch.tensor(data.images, dtype=torch.float32).unsqueeze(1) / 16
    y = torch.tensor(data.target)
    perm = torch.randperm(len(x))
    x, y = x[perm], y[perm]
    loader = DataLoader(TensorDataset(x[:1344], y[:1344]), batch_size=args.batch_size, shuffle=True)
    model = LeNetish()
    optimizer = optim.SGD(model.parameters(), lr=args.base_lr, momentum=0.9)
    scheduler = CyclicLR(
        optimizer, args.base_lr, args.max_lr, step_size_up=len(loader), mode="triangular2",
        cycle_momentum=True, base_momentum=0.8, max_momentum=0.9,
    )
    criterion = nn.CrossEntropyLoss()
    for epoch in range(2 * args.cycles):
        model.train()
        for xb, yb in loader:
            optimizer.zero_grad()
            loss = criterion(model(xb), yb)
            loss.backward()
            optimizer.step()
            scheduler.step()
        print(f"epoch {epoch} loss {loss.item():.4f} lr {scheduler.get_last_lr()[0]:.4f}")
    model.eval()
    with torch.no_grad():
        accuracy = (model(x[1344:]).argmax(1) == y[1344:]).float().mean().item()
    print(f"FINAL accuracy={accuracy:.4f}")


if __name__ == "__main__":
    main()
