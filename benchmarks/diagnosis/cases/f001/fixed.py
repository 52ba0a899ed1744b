import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn, optim

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

digits = load_digits().data / 16.0
digits = (digits - digits.mean()) / digits.std()
idx = np.random.permutation(len(digits))
train = torch.tensor(digits[idx[:1400]], dtype=torch.float32)
valid = torch.tensor(digits[idx[1400:]], dtype=torch.float32)

activation = nn.ELU


def mlp(*sizes):
    layers = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), activation()]
    return layers


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(*mlp(64, 96, 64, 48, 32))
        self.decoder = nn.Sequential(*mlp(32, 48, 64, 96), nn.Linear(96, 64))

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = AutoEncoder()
optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
criterion = nn.MSELoss()
BATCH = 64
for epoch in range(40):
    perm = torch.randperm(len(train))
    total = 0.0
    for i in range(0, len(train), BATCH):
        batch = train[perm[i:i + BATCH]]
        optimizer.zero_grad()
        loss = criterion(model(batch), batch)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if (epoch + 1) % 5 == 0:
        print("Epoch [{}/40], loss: {:.4f}".format(epoch + 1, total / len(train)))

with torch.no_grad():
    residual = ((model(valid) - valid) ** 2).sum()
    spread = ((valid - train.mean(0)) ** 2).sum()
print("FINAL r2={:.4f}".format(1 - (residual / spread).item()))
