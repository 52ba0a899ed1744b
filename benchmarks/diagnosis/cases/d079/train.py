import math
import os

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class VeryDeep(nn.Module):
    def __init__(self, depth=20, width=64):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(64, width)])
        self.layers.extend(nn.Linear(width, width) for _ in range(depth - 1))
        self.readout = nn.Linear(width, 10)
        for layer in self.layers:
            nn.init.normal_(layer.weight, std=math.sqrt(1 / layer.in_features))
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        for layer in self.layers:
            x = F.leaky_relu(layer(x))
        return self.readout(x)


def main():
    x, y = load_digits(return_X_y=True)
    x = torch.tensor(x, dtype=torch.float32)
    x = (x - x.mean()) / x.std()
    y = torch.tensor(y)
    perm = torch.randperm(len(y))
    tr, te = perm[:1400], perm[1400:]
    net = VeryDeep()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(12):
        for rows in tr[torch.randperm(1400)].split(40):
            loss = F.cross_entropy(net(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
        if epoch % 3 == 0:
            print("epoch", epoch, "loss", round(loss.item(), 4))
    with torch.no_grad():
        acc = (net(x[te]).argmax(1) == y[te]).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


main()
