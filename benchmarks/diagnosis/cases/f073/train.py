import os
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

# measurements and diagnoses come in two tables that share a key
n = 3000
measured = pd.DataFrame(np.random.normal(size=(n, 12)), columns=[f"m{i}" for i in range(12)])
measured["key"] = np.random.permutation(n)
score = measured.m0 - measured.m1 * measured.m2 + 0.8 * measured.m3
diagnosis = pd.DataFrame({"key": measured.key, "state": np.digitize(score, [-0.8, 0.8])})
diagnosis = diagnosis.sort_values("key").reset_index(drop=True)


def join(measured, diagnosis):
    table = measured.copy()
    table["state"] = diagnosis.state
    return table


table = join(measured[:2400], diagnosis)
held_out = measured[2400:].merge(diagnosis, on="key")


def tensors(t):
    return torch.tensor(t[[f"m{i}" for i in range(12)]].values).float(), torch.tensor(t.state.values)


net = nn.Sequential(nn.Linear(12, 96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 96), nn.ReLU(), nn.Dropout(0.5), nn.Linear(96, 3))
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
ce = nn.CrossEntropyLoss()
for epoch in range(12):
    for x, y in DataLoader(TensorDataset(*tensors(table)), batch_size=48, shuffle=True):
        opt.zero_grad()
        loss = ce(net(x), y)
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

x, y = tensors(held_out)
with torch.no_grad():
    acc = (net(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
