import os
import random

import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
random.seed(seed)
np.random.seed(seed)
torch.manual_seed(seed)

dim = 10

# all numbers below 2**dim as bits
X = []
for i in range(2 ** dim):
    bits = [float(c) for c in bin(i)[2:]]
    X.append([0.0] * (dim - len(bits)) + bits)
random.shuffle(X)

# the network is to give back its Gray code
y = [[row[0]] + [float(a != b) for a, b in zip(row, row[1:])] for row in X]

X = torch.tensor(X)
y = torch.tensor(y)
n_train = 800

model = nn.Sequential(
    nn.Linear(dim, 4 * dim), nn.Tanh(),
    nn.Linear(4 * dim, 4 * dim), nn.Tanh(),
    nn.Linear(4 * dim, dim),
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
bce = nn.BCEWithLogitsLoss()

for epoch in range(120):
    for start in range(0, n_train, 50):
        optimizer.zero_grad()
        loss = bce(model(X[start:start + 50]), y[start:start + 50])
        loss.backward()
        optimizer.step()
    if epoch % 20 == 0:
        print(f"epoch {epoch}: loss {loss.item():.4f}")

with torch.no_grad():
    output = (model(X[n_train:]) > 0).float()
print(f"FINAL accuracy={(output == y[n_train:]).float().mean().item():.4f}")
