import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

digits = load_digits()
X = torch.tensor(digits.data / 16.0, dtype=torch.float32)
X = (X - X.mean()) / X.std()
y = torch.tensor(digits.target)
itr, ite = train_test_split(range(len(y)), test_size=0.3, random_state=seed, stratify=y)
X_tr, y_tr, X_te, y_te = X[itr], y[itr], X[ite], y[ite]


class Dense(nn.Module):
    """A fully connected layer written by hand, as an exercise."""

    def __init__(self, n_in, n_out, activation=None):
        super().__init__()
        self.w = nn.Parameter(torch.randn(n_in, n_out) * (4.0 / (n_in + n_out) ** 0.5))
        self.b = nn.Parameter(torch.zeros(n_out))
        self.activation = activation

    def forward(self, x):
        z = x @ self.w + self.b
        return z if self.activation is None else self.activation(z)


class Network(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = nn.ModuleList(
            Dense(a, b, torch.sigmoid) for a, b in zip(sizes[:-2], sizes[1:-1])
        )
        self.output = Dense(sizes[-2], sizes[-1])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.output(x)


net = Network([64, 128, 128, 128, 10])
loss_function = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)

for epoch in range(40):
    shuffled = torch.randperm(len(X_tr))
    loss_total = 0.0
    for k in range(0, len(shuffled), 32):
        idx = shuffled[k:k + 32]
        optimizer.zero_grad()
        loss = loss_function(net(X_tr[idx]), y_tr[idx])
        loss.backward()
        optimizer.step()
        loss_total += loss.item() * len(idx)
    if (epoch + 1) % 5 == 0:
        with torch.no_grad():
            acc = (net(X_te).argmax(1) == y_te).float().mean().item()
        print(f"epoch {epoch + 1}: loss={loss_total / len(X_tr):.4f} test={acc:.4f}")

print(f"FINAL accuracy={acc:.4f}")
