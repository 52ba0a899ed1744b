import os
import copy
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

N_FEATURES = 24
W = np.random.randn(N_FEATURES)


def clinic(n_patients, visits):
    base = np.random.randn(n_patients, N_FEATURES)
    risk = base @ W / np.sqrt(N_FEATURES) + 1.0 * np.random.randn(n_patients)
    ids = np.repeat(np.arange(n_patients), visits)
    rows = base[ids] + 0.12 * np.random.randn(len(ids), N_FEATURES)
    return rows.astype("float32"), (risk[ids] > 0).astype("int64"), ids


rows, outcome, patient = clinic(120, 8)
train_idx, val_idx = train_test_split(np.arange(len(rows)), test_size=0.25, random_state=SEED)
new_rows, new_outcome, _ = clinic(1500, 1)

x_tr, y_tr = torch.from_numpy(rows[train_idx]), torch.from_numpy(outcome[train_idx])
x_va, y_va = torch.from_numpy(rows[val_idx]), torch.from_numpy(outcome[val_idx])

model = nn.Sequential(nn.Linear(N_FEATURES, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)

best, best_state = float("inf"), None
for epoch in range(60):
    model.train()
    perm = torch.randperm(len(x_tr))
    for batch in perm.split(32):
        loss = F.cross_entropy(model(x_tr[batch]), y_tr[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        out = model(x_va)
        val_loss = F.cross_entropy(out, y_va).item()
        val_acc = (out.argmax(1) == y_va).float().mean().item()
    if val_loss < best:
        best, best_state = val_loss, copy.deepcopy(model.state_dict())
    if epoch % 10 == 0:
        print(f"epoch {epoch:3d} loss {loss.item():.4f} val_loss {val_loss:.4f} val_acc {val_acc:.3f}")

model.load_state_dict(best_state)
with torch.no_grad():
    out = model(torch.from_numpy(new_rows))
    nll = F.cross_entropy(out, torch.from_numpy(new_outcome)).item()
print(f"FINAL nll={nll:.4f}")
