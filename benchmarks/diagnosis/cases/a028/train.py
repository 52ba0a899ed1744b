import os
from types import SimpleNamespace

import numpy as np
import torch
from sklearn.datasets import load_digits

config = SimpleNamespace(
    seed=int(os.environ.get("SEED", 0)),
    dims=[64, 56, 48, 32, 16],
    activation="sigmoid",
    optimizer="Adam",
    optimizer_args=dict(lr=1e-3),
    epochs=50,
    batch=50,
)
torch.manual_seed(config.seed)
np.random.seed(config.seed)


class AutoEncoder(torch.nn.Module):
    def __init__(self, dims, activation):
        super().__init__()
        self.phi = getattr(torch, activation)
        self.encoder = torch.nn.ModuleList([torch.nn.Linear(a, b) for a, b in zip(dims, dims[1:])])
        back = dims[::-1]
        self.decoder = torch.nn.ModuleList([torch.nn.Linear(a, b) for a, b in zip(back, back[1:])])

    def forward(self, x):
        for layer in self.encoder:
            x = self.phi(layer(x))
        for layer in self.decoder[:-1]:
            x = self.phi(layer(x))
        return self.decoder[-1](x)


pixels = load_digits().data.astype(np.float32) / 16
np.random.shuffle(pixels)
train = torch.from_numpy(pixels[:1400])
test = torch.from_numpy(pixels[1400:])

ae = AutoEncoder(config.dims, config.activation)
optimizer = getattr(torch.optim, config.optimizer)(ae.parameters(), **config.optimizer_args)
mse = torch.nn.MSELoss()

for epoch in range(config.epochs):
    total = 0.0
    for batch in train[torch.randperm(len(train))].split(config.batch):
        loss = mse(ae(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if (epoch + 1) % 10 == 0:
        print(f"epoch {epoch + 1}/{config.epochs} reconstruction {total / len(train):.5f}")

with torch.no_grad():
    left = ((ae(test) - test) ** 2).sum()
    spread = ((test - test.mean(0)) ** 2).sum()
print(f"FINAL r2={(1 - left / spread).item():.4f}")
