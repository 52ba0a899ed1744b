import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
rng = np.random.default_rng(int(os.environ.get("SEED", 0)))


class Gestures(Dataset):
    """Accelerometer traces (30 steps, 3 axes) of 4 gestures."""

    def __init__(self, n, steps=30):
        self.y = rng.integers(0, 4, n)
        t = np.linspace(0, 1, steps)[None]
        w = rng.uniform(5.5, 7.5, (n, 1))
        ph = rng.uniform(-0.5, 0.5, (n, 1))
        s = np.where(self.y % 2 == 0, 1, -1)[:, None]
        rate = np.where(self.y < 2, 1.0, 2.0)[:, None]
        trace = np.stack([np.cos(w * rate * t + ph), s * np.sin(w * rate * t + ph), t - 0.5 + 0 * w], -1)
        self.x = (trace + 0.5 * rng.normal(size=trace.shape)).astype(np.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], int(self.y[i])


class TraceEncoder(nn.Module):
    def __init__(self, n_features, hidden):
        super().__init__()
        self.rnn = nn.LSTM(n_features, hidden, num_layers=1)

    def forward(self, x):
        batch, steps, features = x.shape
        x = x.transpose(0, 1)
        out, (h, c) = self.rnn(x)
        return h[-1]


class GestureModel(nn.Module):
    def __init__(self, hidden=40, classes=4):
        super().__init__()
        self.encoder = TraceEncoder(3, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, x):
        return self.out(self.norm(self.encoder(x)))


train_loader = DataLoader(Gestures(1280), batch_size=32, shuffle=True, drop_last=True)
val_loader = DataLoader(Gestures(480), batch_size=32)
model = GestureModel()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.ExponentialLR(opt, 0.93)
lossf = nn.CrossEntropyLoss()

for ep in range(10):
    model.train()
    acc_loss = []
    for x, y in train_loader:
        opt.zero_grad()
        loss = lossf(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        opt.step()
        acc_loss.append(loss.item())
    sched.step()
    model.eval()
    hit = 0
    with torch.no_grad():
        for x, y in val_loader:
            hit += (model(x).argmax(1) == y).sum().item()
    print(f"Epoch {ep}: train loss {np.mean(acc_loss):.3f}, val acc {hit / 480:.3f}")
print(f"FINAL accuracy={hit / 480:.4f}")
