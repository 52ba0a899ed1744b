import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(400 + int(os.environ.get("SEED", 0)))

# eleven numbers per network packet, label 1 = belongs to a scan
N = 4000
scan = rng.random(N) < 0.3
feats = rng.normal(size=(N, 11))
feats[:, 0] += 1.1 * scan
feats[:, 3] -= 0.9 * scan
feats[:, 5] += np.where(scan, 0.8 * np.sign(feats[:, 6]), 0.0)
feats[:, 8] *= np.where(scan, 1.8, 1.0)
data = TensorDataset(torch.tensor(feats, dtype=torch.float32), torch.tensor(scan, dtype=torch.float32).unsqueeze(1))
train_set, test_set = random_split(data, [3200, 800])


def dense(n_in, n_out):
    layer = nn.Linear(n_in, n_out)
    nn.init.normal_(layer.weight, std=0.05)
    nn.init.zeros_(layer.bias)
    return [layer, nn.ReLU()]


model = nn.Sequential(*dense(11, 24), *dense(24, 12), *dense(12, 1)[:1])
optimizer = torch.optim.Adam(model.parameters())
loss_fn = nn.BCEWithLogitsLoss()


def fit(epochs):
    for epoch in range(epochs):
        history = []
        for xb, yb in DataLoader(train_set, batch_size=20, shuffle=True):
            optimizer.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            optimizer.step()
            history.append(loss.item())
        print(f"Epoch {epoch + 1:2d}  loss {np.mean(history):.4f}")


fit(20)
xt, yt = next(iter(DataLoader(test_set, batch_size=800)))
with torch.no_grad():
    accuracy = ((model(xt) > 0).float() == yt).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
