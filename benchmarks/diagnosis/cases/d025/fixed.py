import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

x = torch.tensor(load_digits().data, dtype=torch.float32) / 16
x = x[torch.randperm(len(x))]
train, test = x[:1500], x[1500:]

encoder = nn.Sequential(nn.Linear(64, 48), nn.GELU(), nn.Linear(48, 12))
decoder = nn.Sequential(nn.Linear(12, 48), nn.GELU(), nn.Linear(48, 64))
opt_enc = torch.optim.SGD(encoder.parameters(), lr=0.5, momentum=0.8)
opt_dec = torch.optim.SGD(decoder.parameters(), lr=0.5, momentum=0.8)

for epoch in range(25):
    for rows in torch.randperm(1500).split(50):
        batch = train[rows]
        opt_enc.zero_grad()
        code = encoder(batch + 0.05 * torch.randn_like(batch))
        rebuilt = decoder(code)
        loss = nn.functional.mse_loss(rebuilt, batch)
        opt_dec.zero_grad()
        loss.backward()
        opt_enc.step()
        opt_dec.step()
    if epoch % 5 == 0:
        print("epoch", epoch, "loss", loss.item())

with torch.no_grad():
    error = (decoder(encoder(test)) - test).pow(2).sum()
    spread = (test - train.mean(0)).pow(2).sum()
print(f"FINAL r2={(1 - error / spread).item():.4f}")
