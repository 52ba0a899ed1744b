import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_blobs

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

centres = [(0, 0), (3, 0), (0, 3), (3, 3), (1.5, 1.5)]
points, labels = make_blobs(3000, centers=centres, cluster_std=0.45, random_state=SEED)
points = torch.tensor(points, dtype=torch.float32)
points = (points - points.mean(0)) / points.std(0)
labels = torch.tensor(labels)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 32)
        self.fc2 = nn.Linear(32, 32)
        self.fc3 = nn.Linear(32, 5)
        for layer in (self.fc1, self.fc2):
            nn.init.constant_(layer.weight, 0.05)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x)


net = Net()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
for step in range(900):
    idx = torch.randint(0, 2400, (64,))
    loss = F.cross_entropy(net(points[idx]), labels[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 150 == 0:
        print(f"step {step}, loss {loss.item():.4f}")

with torch.no_grad():
    acc = (net(points[2400:]).argmax(-1) == labels[2400:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
