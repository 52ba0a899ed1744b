import os

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

cfg = dict(parts=8, part_dim=4, codes=16, lr=2e-3, epochs=40, batch=64)

pixels = torch.tensor(load_digits().data / 8.0 - 1.0, dtype=torch.float32)
train, test = train_test_split(pixels, test_size=0.25, random_state=0)


class Quantizer(nn.Module):
    """Splits the code into parts; each part is replaced by its nearest row."""

    def __init__(self, parts, dim, codes):
        super().__init__()
        self.rows = nn.Parameter(torch.randn(parts, codes, dim) * 0.3)

    def forward(self, z):
        parts = z.view(len(z), self.rows.shape[0], -1)
        d = (parts.unsqueeze(2) - self.rows.unsqueeze(0)).pow(2).sum(-1)
        pick = d.argmin(-1)
        chosen = self.rows[torch.arange(self.rows.shape[0]), pick]
        pull = F.mse_loss(chosen, parts.detach())
        return chosen.flatten(1), pull, pick


class VQ(nn.Module):
    def __init__(self, parts, part_dim, codes):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 96), nn.ReLU(), nn.Linear(96, parts * part_dim))
        self.quantizer = Quantizer(parts, part_dim, codes)
        self.decoder = nn.Sequential(nn.Linear(parts * part_dim, 96), nn.ReLU(), nn.Linear(96, 64))

    def forward(self, x):
        z, pull, pick = self.quantizer(self.encoder(x))
        return self.decoder(z), pull, pick


model = VQ(cfg["parts"], cfg["part_dim"], cfg["codes"])
optim = torch.optim.Adam(model.parameters(), lr=cfg["lr"])
for epoch in range(cfg["epochs"]):
    for batch in train[torch.randperm(len(train))].split(cfg["batch"]):
        recon, pull, pick = model(batch)
        loss = F.mse_loss(recon, batch) + pull
        optim.zero_grad()
        loss.backward()
        optim.step()
    if epoch % 5 == 4:
        used = len(pick.unique())
        print(f"epoch {epoch + 1}: recon {F.mse_loss(recon, batch).item():.4f} pull {pull.item():.4f} ids in use {used}")

with torch.no_grad():
    recon = model(test)[0]
    r2 = 1 - (recon - test).pow(2).sum() / (test - train.mean(0)).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
