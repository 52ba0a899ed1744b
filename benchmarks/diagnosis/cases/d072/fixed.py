import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))

x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x / 8 - 1, dtype=torch.float32), torch.tensor(y)
p = torch.randperm(len(y))
train_set = TensorDataset(x[p[:1400]], y[p[:1400]])
x_val, y_val = x[p[1400:]], y[p[1400:]]
loader = DataLoader(train_set, batch_size=32, shuffle=True)


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(64, 64)
        self.b = nn.Linear(64, 64)
        self.c = nn.Linear(64, 10)

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x)))))


model = Perceptron()
optimizer = torch.optim.SGD(model.parameters(), lr=0.03)
for epoch in range(60):
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(xb), yb)
        loss.backward()
        optimizer.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")

with torch.no_grad():
    acc = (model(x_val).argmax(1) == y_val).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
