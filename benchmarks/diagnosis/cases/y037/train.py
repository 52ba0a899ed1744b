import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)

X, y = load_digits(return_X_y=True)
X = (X / 16 - 0.305) / 0.376
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, stratify=y, random_state=5)
# crowd-sourced tags: two in five were clicked at random
flip = rng.rand(len(y_train)) < 0.4
y_train = np.where(flip, rng.randint(0, 10, len(y_train)), y_train)

train = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(y_train))
loader = DataLoader(train, batch_size=64, shuffle=True)
X_test, y_test = torch.tensor(X_test, dtype=torch.float32), torch.tensor(y_test)


class GCE(nn.Module):
    """Generalized cross entropy (Zhang and Sabuncu, 2018)."""

    def __init__(self, q=0.7):
        super().__init__()
        self.q = q

    def forward(self, logits, target):
        p = logits.softmax(1).gather(1, target[:, None]).clamp(min=1e-6)
        return ((1 - p**self.q) / self.q).mean()


model = nn.Sequential(
    nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
)
criterion = GCE()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
for epoch in range(40):
    model.train()
    total, hits = 0.0, 0
    for xb, yb in loader:
        out = model(xb)
        loss = criterion(out, yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
        hits += (out.argmax(1) == yb).sum().item()
    if epoch % 8 == 7:
        print(f"epoch {epoch + 1} loss {total / len(train):.4f} train acc {hits / len(train):.4f}")

model.eval()
with torch.no_grad():
    acc = (model(X_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
