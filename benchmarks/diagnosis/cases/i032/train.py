"""A control law on the bits of a register: there are 1024 states, so rows come again."""
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
g = torch.Generator().manual_seed(2)


def law(bits):
    a, b, c = bits[:, :3].sum(1), bits[:, 3:6].sum(1), bits[:, 6:].sum(1)
    return (a > b).long() + (c >= 3).long() + ((bits[:, 0] != bits[:, 9]) & (a == b)).long()


# a log of 6000 readings; the next 1500 readings serve as the test
readings = (torch.rand(7500, 10, generator=g) < 0.4).float()
actions = law(readings)
train = TensorDataset(readings[:6000], actions[:6000])
test_x, test_y = readings[6000:], actions[6000:]
print("different states in the log:", len(torch.unique(readings[:6000], dim=0)))

layers = [nn.Linear(10, 48), nn.Linear(48, 48), nn.Linear(48, 4)]
weights = [p for layer in layers for p in layer.parameters()]


def predict(x):
    for layer in layers[:-1]:
        x = torch.relu(layer(x))
    return layers[-1](x)


opt = torch.optim.SGD(weights, lr=0.1, momentum=0.9)
for epoch in range(12):
    for x, y in DataLoader(train, batch_size=60, shuffle=True):
        loss = nn.functional.cross_entropy(predict(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad():
        acc = (predict(test_x).argmax(1) == test_y).float().mean().item()
    print(f"epoch {epoch:2d} loss {loss.item():.5f} test {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
