import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset


class Args:
    lr = 0.05
    momentum = 0.9
    epochs = 30
    decay_every = 10
    seed = int(os.environ.get("SEED", 0))


args = Args()
torch.manual_seed(args.seed)
np.random.seed(args.seed)


def adjust_learning_rate(optimizer, epoch, args):
    """Divides the initial rate by 10 every `decay_every` epochs"""
    lr = args.lr * 0.1 ** (epoch // args.decay_every)
    for group in optimizer.param_groups:
        group["lr"] = lr
    return lr


class SmallVGG(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(96, 48)
        self.fc2 = nn.Linear(48, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


def train(loader, model, optimizer, state):
    model.train()
    total = 0.0
    for x, y in loader:
        lr = adjust_learning_rate(optimizer, state["step"], args)
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state["step"] += 1
        total += loss.item()
    return total / len(loader), lr


def main():
    images, labels = load_digits(return_X_y=True)
    order = np.random.permutation(len(images))
    x = torch.tensor(images[order] / 8 - 1, dtype=torch.float32).view(-1, 1, 8, 8)
    y = torch.tensor(labels[order])
    loader = DataLoader(TensorDataset(x[:1300], y[:1300]), batch_size=64, shuffle=True)
    model = SmallVGG()
    optimizer = torch.optim.SGD(model.parameters(), args.lr, momentum=args.momentum)
    state = {"step": 0}
    for epoch in range(args.epochs):
        loss, lr = train(loader, model, optimizer, state)
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1} loss {loss:.4f}")
    model.eval()
    with torch.no_grad():
        acc = (model(x[1300:]).argmax(1) == y[1300:]).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
