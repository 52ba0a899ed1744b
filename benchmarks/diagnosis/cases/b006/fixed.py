import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

TASKS = {"digit": 10, "parity": 2, "size": 3}
X, d = load_digits(return_X_y=True)
X = torch.tensor(X, dtype=torch.float32) / 16
d = torch.tensor(d)
labels = {"digit": d, "parity": d % 2, "size": (d > 3).long() + (d > 6).long()}
order = torch.randperm(len(X))
train_idx, test_idx = order[:1300], order[1300:]


class MultiTaskNet(nn.Module):
    """Shared trunk, one linear head per task."""

    def __init__(self, tasks, width=24):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 6), nn.Tanh())
        self.heads = nn.ModuleDict({name: nn.Linear(6, n_out) for name, n_out in tasks.items()})

    def forward(self, x):
        z = self.trunk(x)
        return {name: head(z) for name, head in self.heads.items()}


model = MultiTaskNet(TASKS)
print("parameters:", sum(p.numel() for p in model.parameters()))
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
ce = nn.CrossEntropyLoss()

for epoch in range(20):
    model.train()
    sums = {t: 0.0 for t in TASKS}
    chunks = train_idx[torch.randperm(len(train_idx))].split(50)
    for idx in chunks:
        out = model(X[idx])
        losses = {t: ce(out[t], labels[t][idx]) for t in TASKS}
        total = sum(losses.values())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        for t in TASKS:
            sums[t] += losses[t].item() / len(chunks)
    print(epoch, {t: round(v, 3) for t, v in sums.items()})

model.eval()
with torch.no_grad():
    out = model(X[test_idx])
    accs = {t: (out[t].argmax(1) == labels[t][test_idx]).float().mean().item() for t in TASKS}
print(accs)
print(f"FINAL accuracy={sum(accs.values()) / 3:.4f}")
