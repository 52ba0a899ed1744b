import os
import torch
import torch.nn as nn
from sklearn.datasets import make_moons
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = make_moons(3000, noise=0.12, random_state=int(os.environ.get("SEED", 0)))
X, y = torch.tensor(X).float(), torch.tensor(y)


class DeepNarrow(nn.Module):
    """Fourteen layers of ten units."""

    def __init__(self, depth=14, width=10):
        super().__init__()
        self.first = nn.Linear(2, width)
        self.hidden = nn.ModuleList([nn.Linear(width, width) for _ in range(depth - 2)])
        self.last = nn.Linear(width, 2)
        for layer in self.hidden:
            nn.init.orthogonal_(layer.weight, gain=1.1)
            nn.init.zeros_(layer.bias)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        for layer in self.hidden:
            x = torch.tanh(layer(x))
        return self.last(x)


model = DeepNarrow()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
loader = DataLoader(TensorDataset(X[:2200], y[:2200]), batch_size=44, shuffle=True)
for epoch in range(12):
    total = 0.0
    for xb, yb in loader:
        loss = criterion(model(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print(epoch + 1, round(total / len(loader), 4))
with torch.no_grad():
    accuracy = (model(X[2200:]).argmax(1) == y[2200:]).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
