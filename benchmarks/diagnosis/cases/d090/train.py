import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

protos = np.random.default_rng(77).normal(size=(8, 32))


def speakers(n):
    who = rng.integers(0, 8, n)
    v = protos[who] * rng.uniform(0.5, 2.0, (n, 1)) + rng.normal(0, 1.5, (n, 32))
    return torch.tensor(v, dtype=torch.float32), torch.tensor(who)


class CosineNet(nn.Module):
    def __init__(self, scale=500.0):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 32))
        self.centres = nn.Parameter(torch.randn(8, 32))
        self.scale = scale

    def forward(self, x):
        return self.scale * F.normalize(self.trunk(x), dim=1) @ F.normalize(self.centres, dim=1).T


x_train, y_train = speakers(2000)
x_test, y_test = speakers(1500)
net = CosineNet()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
for epoch in range(6):
    for idx in torch.randperm(2000).split(50):
        loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 2 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

with torch.no_grad():
    out = net(x_test)
    nll = F.cross_entropy(out, y_test).item()
    print(f"accuracy {(out.argmax(1) == y_test).float().mean().item():.4f}")
print(f"FINAL nll={nll:.4f}")
