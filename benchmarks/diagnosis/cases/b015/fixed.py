import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

T, D, K = 40, 12, 5
codes = np.random.default_rng(7).normal(size=(K, D - 1))


def bags(n):
    """One of forty instances is marked; its code decides the class, the others are distractors."""
    y = rng.integers(0, K, n)
    x = rng.normal(size=(n, T, D))
    other = rng.integers(0, K, (n, T))
    x[:, :, 1:] = codes[other] + 0.5 * rng.normal(size=(n, T, D - 1))
    x[:, :, 0] = rng.uniform(0, 0.5, (n, T))
    key = rng.integers(0, T, n)
    x[np.arange(n), key, 0] = rng.uniform(1.5, 2, n)
    x[np.arange(n), key, 1:] = codes[y] + 0.5 * rng.normal(size=(n, D - 1))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(y)


class AttentionPool(nn.Module):
    def __init__(self, dim, hidden=32):
        super().__init__()
        self.proj = nn.Linear(dim, hidden)
        self.score = nn.Linear(hidden, 1)

    def forward(self, h):
        e = self.score(torch.tanh(self.proj(h)))
        a = F.softmax(e, dim=1)
        return (a * h).sum(dim=1), a


class MILNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(D, 32), nn.ReLU())
        self.pool = AttentionPool(32)
        self.norm = nn.LayerNorm(32)
        self.classify = nn.Linear(32, K)

    def forward(self, x):
        pooled, weights = self.pool(self.embed(x))
        return self.classify(self.norm(pooled)), weights


x_train, y_train = bags(1500)
x_val, y_val = bags(400)
model = MILNet()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
for epoch in range(10):
    losses = []
    for idx in torch.randperm(len(x_train)).split(50):
        logits, _ = model(x_train[idx])
        loss = F.cross_entropy(logits, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch}: {np.mean(losses):.4f}")

model.eval()
with torch.no_grad():
    logits, weights = model(x_val)
print("largest weight", weights.max().item())
print(f"FINAL accuracy={(logits.argmax(1) == y_val).float().mean().item():.4f}")
