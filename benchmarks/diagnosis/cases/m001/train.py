import os

import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)


def xor_points(n):
    corner = rng.randint(0, 2, size=(n, 2))
    label = corner[:, 0] ^ corner[:, 1]
    points = corner + rng.normal(0, 0.12, size=(n, 2))
    return torch.tensor(points, dtype=torch.float32), torch.tensor(label, dtype=torch.float32).view(-1, 1)


class XorNet(nn.Module):
    def __init__(self, hidden=4):
        super().__init__()
        self.hidden = nn.Linear(2, hidden)
        self.output = nn.Linear(hidden, 1)
        nn.init.xavier_uniform_(self.hidden.weight)
        nn.init.xavier_uniform_(self.output.weight)

    def forward(self, x):
        h = torch.sigmoid(self.hidden(x))
        return torch.sigmoid(self.output(h))


train_x, train_y = xor_points(400)
test_x, test_y = xor_points(400)

net = XorNet()
criterion = nn.L1Loss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.11, nesterov=True)

print("begin to train")
for epoch in range(60):
    order = torch.randperm(len(train_x))
    total = 0.0
    for start in range(0, len(order), 4):
        idx = order[start:start + 4]
        optimizer.zero_grad()
        loss = criterion(net(train_x[idx]), train_y[idx])
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 10 == 0:
        print("epoch", epoch, "loss", round(total / 100, 4))

with torch.no_grad():
    guess = (net(test_x) > 0.5).float()
    print(net(torch.tensor([[0.0, 1.0], [1.0, 1.0]])))
print(f"FINAL accuracy={(guess == test_y).float().mean().item():.4f}")
