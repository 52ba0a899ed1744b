import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_gaussian_quantiles

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
X, y = make_gaussian_quantiles(n_samples=5200, n_features=6, n_classes=4, random_state=seed)
X = torch.tensor(X, dtype=torch.float32)
y = torch.tensor(y)
train_x, train_y, test_x, test_y = X[:4096], y[:4096], X[4096:], y[4096:]


class Gated(nn.Module):
    def __init__(self, n_in=6, n=64, k=4):
        super().__init__()
        self.value = nn.Linear(n_in, n)
        self.gate = nn.Linear(n_in, n)
        self.mix = nn.Linear(n, n)
        self.out = nn.Linear(n, k)

    def forward(self, x):
        h = self.value(x) * torch.sigmoid(self.gate(x))
        return self.out(F.relu(self.mix(h)))


net = Gated()
opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
micro_batch, accumulation_steps = 8, 32
for epoch in range(20):
    perm = torch.randperm(len(train_x))
    for i, rows in enumerate(perm.split(micro_batch)):
        loss = F.cross_entropy(net(train_x[rows]), train_y[rows])
        (loss / accumulation_steps).backward()
        if (i + 1) % accumulation_steps == 0:
            opt.step()
            opt.zero_grad()
    if epoch % 4 == 0:
        with torch.no_grad():
            full = F.cross_entropy(net(train_x), train_y).item()
        print(f"epoch {epoch} loss {full:.4f}")

with torch.no_grad():
    acc = (net(test_x).argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
