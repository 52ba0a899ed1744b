import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


def tank_levels(hours, seed):
    """Inflow and outflow of 16 tanks; the level is the running balance with losses."""
    r = np.random.default_rng(seed)
    flow = np.zeros((16, hours, 2), dtype=np.float32)
    level = np.zeros((16, hours), dtype=np.float32)
    state = r.normal(0, 1, 16)
    drift = np.zeros((16, 2))
    for t in range(hours):
        drift = 0.9 * drift + 0.4 * r.normal(size=(16, 2))
        flow[:, t] = drift
        state = 0.97 * state + 0.25 * (drift[:, 0] - np.tanh(drift[:, 1]))
        level[:, t] = state + r.normal(0, 0.02, 16)
    return flow, level


class Chunks(Dataset):
    """Consecutive chunks of the same 16 tanks: chunk k+1 goes on where chunk k ended."""

    def __init__(self, flow, level, size=25):
        self.flow, self.level, self.size = torch.from_numpy(flow), torch.from_numpy(level), size

    def __len__(self):
        return self.flow.shape[1] // self.size

    def __getitem__(self, k):
        s = slice(k * self.size, (k + 1) * self.size)
        return self.flow[:, s], self.level[:, s]


class StatefulGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 32, batch_first=True)
        self.readout = nn.Linear(32, 1)

    def forward(self, x, h):
        out, h = self.gru(x, h)
        return self.readout(out).squeeze(-1), h


train = DataLoader(Chunks(*tank_levels(3000, seed)), batch_size=None, shuffle=False)
test = DataLoader(Chunks(*tank_levels(1000, seed + 77)), batch_size=None)
model = StatefulGRU()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
huber = nn.SmoothL1Loss()

for epoch in range(5):
    model.train()
    h, total = None, 0.0
    for flow, level in train:
        optimizer.zero_grad()
        pred, h = model(flow, h)
        h = h.detach()
        loss = huber(pred, level)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
    print(f"epoch {epoch + 1} loss {total / len(train):.5f}")

model.eval()
h, preds, trues = None, [], []
with torch.no_grad():
    for flow, level in test:
        pred, h = model(flow, h)
        preds.append(pred)
        trues.append(level)
p, t = torch.cat(preds, 1), torch.cat(trues, 1)
r2 = (1 - (p - t).pow(2).mean() / t.var(unbiased=False)).item()
print(f"FINAL r2={r2:.4f}")
