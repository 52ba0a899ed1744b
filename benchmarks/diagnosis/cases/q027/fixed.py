import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
L, BASES = 50, 4
MOTIFS = ["TATAA", "GGCGC", "CACGT"]
code = {c: i for i, c in enumerate("ACGT")}


def sequences(n):
    x = torch.randint(0, 4, (n, L))
    y = torch.randint(0, 3, (n,))
    for i in range(n):
        m = torch.tensor([code[c] for c in MOTIFS[y[i]]])
        p = int(torch.randint(0, L - 5, (1,)))
        x[i, p:p + 5] = m
    return F.one_hot(x, BASES).float().transpose(1, 2), y


class MotifNet(nn.Module):
    def __init__(self, filters=24):
        super().__init__()
        self.conv = nn.Conv1d(BASES, filters, 7, padding=3)
        self.dense = nn.Sequential(nn.Linear(2 * filters, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, x):
        h = F.relu(self.conv(x))
        strongest = torch.max(h, dim=2)[0]
        average = h.mean(2)
        return self.dense(torch.cat([strongest, average], 1))


x, y = sequences(2500)
xt, yt = sequences(800)
model = MotifNet()
opt = torch.optim.Adam(model.parameters(), lr=3e-3)
for epoch in range(15):
    model.train()
    for xb, yb in DataLoader(TensorDataset(x, y), batch_size=50, shuffle=True):
        opt.zero_grad()
        loss = F.cross_entropy(model(xb), yb)
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch + 1} loss {loss.item():.4f} accuracy {(model(xt).argmax(1) == yt).float().mean().item():.4f}")

model.eval()
with torch.no_grad():
    acc = (model(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
