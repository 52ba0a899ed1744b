import os

import torch
from sklearn.datasets import make_gaussian_quantiles
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class ZeroBlock(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.up = nn.Linear(d, 2 * d)
        self.down = nn.Linear(2 * d, d)
        self.bias = nn.Parameter(torch.zeros(d))
        nn.init.kaiming_normal_(self.up.weight, nonlinearity="relu")
        nn.init.zeros_(self.down.weight)
        nn.init.zeros_(self.down.bias)

    def forward(self, x):
        return x + self.down(torch.relu(self.up(x + self.bias)))


class DeepNet(nn.Module):
    def __init__(self, n_in, classes, d=32, depth=30):
        super().__init__()
        self.embed = nn.Linear(n_in, d)
        self.blocks = nn.Sequential(*[ZeroBlock(d) for _ in range(depth)])
        self.head = nn.Linear(d, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x):
        return self.head(self.blocks(self.embed(x)))


X, y = make_gaussian_quantiles(n_samples=3600, n_features=6, n_classes=4, random_state=6)
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y)
train = DataLoader(TensorDataset(X[:2800], y[:2800]), batch_size=50, shuffle=True)
net = DeepNet(6, 4)
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 2e-3, total_steps=12 * len(train))
for epoch in range(12):
    running = 0.0
    for xb, yb in train:
        loss = nn.functional.cross_entropy(net(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        running += loss.item()
    print(f"epoch {epoch} loss {running / len(train):.4f}")
net.eval()
with torch.no_grad():
    acc = (net(X[2800:]).argmax(1) == y[2800:]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
