import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class LocalBlock(nn.Module):
    """A layer that learns from its own small classifier; nothing flows back to the layer before."""

    def __init__(self, i, o, classes):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU())
        self.probe = nn.Linear(o, classes)
        self.opt = torch.optim.Adam(self.parameters(), lr=2e-3)

    def forward(self, x):
        return self.layer(x)

    def learn(self, x, y):
        h = self.layer(x)
        loss = F.cross_entropy(self.probe(h), y)
        self.opt.zero_grad()
        loss.backward()
        self.opt.step()
        return h.detach(), loss.item()


class GreedyNet(nn.Module):
    def __init__(self, sizes, classes):
        super().__init__()
        self.blocks = nn.ModuleList(LocalBlock(i, o, classes) for i, o in zip(sizes, sizes[1:]))

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.blocks[-1].probe(x)

    def learn(self, x, y):
        losses = []
        for block in self.blocks:
            x, loss = block.learn(x, y)
            losses.append(loss)
        return losses


digits = load_digits()
parts = train_test_split(digits.data / 16, digits.target, test_size=0.3, random_state=0)
x_train, x_test = (torch.tensor(p, dtype=torch.float32) for p in parts[:2])
y_train, y_test = (torch.tensor(p) for p in parts[2:])

net = GreedyNet([64, 128, 96, 64], 10)
for epoch in range(20):
    net.train()
    for idx in torch.randperm(len(x_train)).split(64):
        losses = net.learn(x_train[idx], y_train[idx])
    net.eval()
    with torch.no_grad():
        accuracy = (net(x_test).argmax(1) == y_test).float().mean().item()
    if epoch % 4 == 3:
        print("epoch", epoch + 1, "losses", " ".join(f"{l:.4f}" for l in losses), "accuracy", f"{accuracy:.4f}")
print(f"FINAL accuracy={accuracy:.4f}")
