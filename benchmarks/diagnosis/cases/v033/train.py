import os
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

seed = int(os.environ.get("SEED", "0"))
torch.manual_seed(seed)
g = np.random.RandomState(seed)

# five families of 1-d waveforms with random phase, cut to 64 samples
def waves(n):
    kind = g.randint(0, 5, n)
    t = np.linspace(0, 1, 64)
    f = g.uniform(2.5, 4.5, n)[:, None]
    ph = g.uniform(0, 1, n)[:, None]
    arg = (t[None] * f + ph) % 1.0
    shapes = np.stack([
        np.sin(2 * np.pi * arg),
        np.sign(arg - 0.5),
        2 * arg - 1,
        1 - 2 * arg,
        4 * np.abs(arg - 0.5) - 1,
    ])
    x = shapes[kind, np.arange(n)] + 0.35 * g.randn(n, 64)
    return torch.tensor(x[:, None], dtype=torch.float), torch.tensor(kind, dtype=torch.long)

xtr, ytr = waves(3000)
xte, yte = waves(1000)

class WaveNet1d(nn.Module):
    def __init__(self):
        super(WaveNet1d, self).__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 16, 5, padding=2), nn.BatchNorm1d(16), nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 32, 5, padding=2), nn.BatchNorm1d(32), nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(32, 32, 3, padding=1), nn.BatchNorm1d(32), nn.ReLU(),
        )
        self.classifier = nn.Linear(32, 5)

    def forward(self, x):
        return self.classifier(self.features(x).mean(-1))

net = WaveNet1d()
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.15, momentum=0.9, weight_decay=1e-4)
scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2, eta_min=1e-4)

batch = 75
n_batches = len(xtr) // batch
for epoch in range(14):
    net.train()
    perm = torch.randperm(len(xtr))
    tot = 0.0
    for i in range(n_batches):
        sel = perm[i * batch:(i + 1) * batch]
        optimizer.zero_grad()
        loss = criterion(net(xtr[sel]), ytr[sel])
        loss.backward()
        optimizer.step()
        scheduler.step(epoch + (i + 1) / n_batches)
        tot += loss.item()
    net.eval()
    with torch.no_grad():
        acc = (net(xte).argmax(1) == yte).float().mean().item()
    print("epoch", epoch, "lr", round(optimizer.param_groups[0]["lr"], 5), "loss", round(tot / n_batches, 4), "acc", round(acc, 4))

print(f"FINAL accuracy={acc:.4f}")
