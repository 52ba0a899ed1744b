import os

import torch
from sklearn.datasets import make_moons
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

points, label = make_moons(3000, noise=0.08, random_state=SEED)
points = torch.tensor(points, dtype=torch.float32)
points = (points - points.mean(0)) / points.std(0) * 2
label = torch.tensor(label, dtype=torch.float32)
train_x, train_y = points[:2400], label[:2400]
test_x, test_y = points[2400:], label[2400:]


class Moon(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return torch.sigmoid(self.fc3(x)).squeeze(1)


def cross_entropy(p, t):
    return -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()


model = Moon()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(40):
    total, count = 0.0, 0
    for rows in torch.randperm(len(train_x)).split(40):
        loss = cross_entropy(model(train_x[rows]), train_y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
        count += 1
    if epoch % 5 == 0:
        print(f"epoch {epoch} loss {total / count:.4f}")

with torch.no_grad():
    acc = ((model(test_x) > 0.5).float() == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
