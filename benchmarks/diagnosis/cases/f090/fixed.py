import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
x = x[torch.randperm(len(x))]
train, test = x[:1400], x[1400:]
BITS = 12


class HashAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, BITS), nn.LayerNorm(BITS)
        )
        self.decoder = nn.Sequential(nn.Linear(BITS, 128), nn.ReLU(), nn.Linear(128, 64), nn.Sigmoid())

    def code(self, x):
        h = self.encoder(x)
        bits = torch.sign(h)
        return h + (bits - h).detach()

    def forward(self, x):
        return self.decoder(self.code(x))


net = HashAutoencoder()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(60):
    net.train()
    for batch in train[torch.randperm(len(train))].split(50):
        loss = F.binary_cross_entropy(net(batch), batch)
        opt.zero_grad()
        loss.backward()
        opt.step()
    if (epoch + 1) % 10 == 0:
        print(f"epoch {epoch + 1}: bce {loss.item():.4f}")

net.eval()
with torch.no_grad():
    print(f"FINAL mse={F.mse_loss(net(test), test).item():.5f}")
