import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

digits = load_digits()
perm = torch.randperm(len(digits.target))
X = torch.tensor(digits.images, dtype=torch.float32)[perm].unsqueeze(1) / 16
y = torch.tensor(digits.target)[perm]
X_train, y_train, X_test, y_test = X[:1100], y[:1100], X[1100:], y[1100:]


class TripletSampler:
    """Yields (anchor, other, same) picture triples."""

    def __init__(self, x, y):
        self.x, self.y = x, y
        self.members = [torch.where(y == c)[0] for c in range(10)]

    def draw(self, n):
        a = torch.randint(0, len(self.x), (n,))
        same, other = [], []
        for k in a.tolist():
            c = int(self.y[k])
            pool = self.members[c]
            same.append(pool[torch.randint(len(pool), (1,))])
            d = (c + int(torch.randint(1, 10, (1,)))) % 10
            pool = self.members[d]
            other.append(pool[torch.randint(len(pool), (1,))])
        return self.x[a], self.x[torch.cat(other)], self.x[torch.cat(same)]


class EmbeddingNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 16, 3, padding=1)
        self.c2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(128, 8)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.c1(x)), 2)
        x = F.max_pool2d(F.relu(self.c2(x)), 2)
        return self.fc(x.flatten(1))


net = EmbeddingNet()
criterion = nn.TripletMarginLoss(margin=1.0)
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
sampler = TripletSampler(X_train, y_train)

for step in range(1, 401):
    anchor, second, third = sampler.draw(32)
    loss = criterion(net(anchor), net(second), net(third))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"step {step}: loss {loss.item():.4f}")

net.eval()
with torch.no_grad():
    gallery, query = net(X_train), net(X_test)
    nearest = torch.cdist(query, gallery).topk(5, largest=False).indices
    acc = (y_train[nearest].mode(1).values == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
