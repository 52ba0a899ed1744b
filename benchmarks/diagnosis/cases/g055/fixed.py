import argparse
import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
SIZE = 16


def pictures(n):
    """thin closed outlines: triangle, square, circle, cross, and a bar; random place, size and noise"""
    ys, xs = torch.meshgrid(torch.arange(SIZE).float(), torch.arange(SIZE).float(), indexing="ij")
    kind = torch.randint(0, 5, (n,))
    centre = torch.rand(n, 2) * 5 + 5.5
    radius = torch.rand(n) * 2 + 3
    out = torch.zeros(n, 1, SIZE, SIZE)
    for i in range(n):
        dy, dx, r = ys - centre[i, 0], xs - centre[i, 1], radius[i]
        if kind[i] == 0:
            d = torch.maximum(dy, 0.87 * dx.abs() - 0.5 * dy)
            mark = (d - r / 2).abs() < 0.6
        elif kind[i] == 1:
            mark = (torch.maximum(dy.abs(), dx.abs()) - r).abs() < 0.6
        elif kind[i] == 2:
            mark = ((dy ** 2 + dx ** 2).sqrt() - r).abs() < 0.6
        elif kind[i] == 3:
            mark = (torch.minimum(dy.abs(), dx.abs()) < 0.6) & (torch.maximum(dy.abs(), dx.abs()) < r)
        else:
            mark = (dy.abs() < 0.6) & (dx.abs() < r)
        out[i, 0][mark] = 1.0
    return out + 0.5 * torch.randn_like(out), kind


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 12, 3)
        self.conv2 = nn.Conv2d(12, 24, 3)
        self.fc1 = nn.Linear(24 * 6 * 6, 64)
        self.fc2 = nn.Linear(64, 5)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)


def train(args, model, loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % args.log_interval == 0:
            print(f"Train Epoch: {epoch} [{batch_idx * len(data)}/{len(loader.dataset)}] Loss: {loss.item():.6f}")
        if batch_idx + 1 == args.limit_train_batches:
            break


def test(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for data, target in loader:
            correct += model(data).argmax(1).eq(target).sum().item()
    return correct / len(loader.dataset)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--log-interval", type=int, default=10)
    parser.add_argument("--limit-train-batches", type=int, default=None)
    args = parser.parse_args([])
    train_loader = DataLoader(TensorDataset(*pictures(1600)), batch_size=32, shuffle=True)
    test_loader = DataLoader(TensorDataset(*pictures(500)), batch_size=250)
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for epoch in range(1, args.epochs + 1):
        train(args, model, train_loader, optimizer, epoch)
        accuracy = test(model, test_loader)
        print(f"Test set accuracy: {accuracy:.3f}")
    print(f"FINAL accuracy={accuracy:.4f}")


if __name__ == "__main__":
    main()
