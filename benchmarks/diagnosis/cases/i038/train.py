"""Lipschitz classifier: every layer spectrally normalised, two-sorted activations, large temperature."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.utils.parametrizations import spectral_norm

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MaxMin(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, dim=1)
        return torch.cat([torch.maximum(a, b), torch.minimum(a, b)], dim=1)


X, y = load_digits(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(torch.tensor(X).float() / 16, torch.tensor(y), test_size=0.25, random_state=5, stratify=y)
certified = nn.Sequential(
    spectral_norm(nn.Linear(64, 128)), MaxMin(), spectral_norm(nn.Linear(128, 128)), MaxMin(),
    spectral_norm(nn.Linear(128, 64)), MaxMin(), spectral_norm(nn.Linear(64, 10)),
)
TEMPERATURE = 12.0
optimizer = torch.optim.Adam(certified.parameters(), lr=2e-3)
for epoch in range(30):
    certified.train()
    for idx in torch.randperm(len(X_tr)).split(64):
        loss = F.cross_entropy(TEMPERATURE * certified(X_tr[idx]), y_tr[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 4:
        certified.eval()
        with torch.no_grad():
            out = certified(X_te)
            top = out.topk(2, dim=1).values
            radius = ((top[:, 0] - top[:, 1]) / 2**0.5)[out.argmax(1) == y_te].mean().item()
            acc = (out.argmax(1) == y_te).float().mean().item()
        print(f"epoch {epoch + 1}: loss {loss.item():.4f} accuracy {acc:.4f} mean safe radius {radius:.3f}")
print(f"FINAL accuracy={acc:.4f}")
