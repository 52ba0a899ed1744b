import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# weight, height, fill level, colour (3), translucency, conductivity of six drinks
means = np.random.default_rng(3).normal(size=(6, 8))


def bottles(n):
    k = rng.integers(0, 6, n)
    return torch.tensor(means[k] + rng.normal(0, 0.9, (n, 8)), dtype=torch.float32), torch.tensor(k)


def weights_init(layer):
    if isinstance(layer, nn.Linear):
        nn.init.xavier_uniform_(layer.weight)
        layer.bias.data.fill_(-1.0)


class Sorter(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 40)
        self.fc2 = nn.Linear(40, 40)
        self.fc3 = nn.Linear(40, 40)
        self.fc4 = nn.Linear(40, 6)
        self.apply(weights_init)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return self.fc4(x)


x, y = bottles(2000)
x = (x - x.mean(0)) / x.std(0)
x_test, y_test = bottles(2000)
x_test = (x_test - x_test.mean(0)) / x_test.std(0)
net = Sorter()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
for epoch in range(15):
    order = torch.randperm(2000)
    for start in range(0, 2000, 40):
        rows = order[start:start + 40]
        optimizer.zero_grad()
        loss = criterion(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print("epoch", epoch, "loss", loss.item())

with torch.no_grad():
    acc = (net(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
