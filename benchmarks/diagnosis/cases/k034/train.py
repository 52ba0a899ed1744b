import os

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

digits = load_digits()
images = torch.tensor(digits.images / 8 - 1, dtype=torch.float32).unsqueeze(1)
labels = torch.tensor(digits.target)
seen = labels < 6
x_train, y_train, x_new, y_new = images[seen], labels[seen], images[~seen], labels[~seen]
by_class = [np.flatnonzero(y_train.numpy() == k) for k in range(6)]


def pk_batch(k=10):
    idx = np.concatenate([rng.choice(rows, k, replace=False) for rows in by_class])
    return x_train[idx], y_train[idx]


class Embedder(nn.Module):
    def __init__(self, dim=24):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 16, dim)

    def forward(self, x):
        x = F.leaky_relu(self.conv1(x), 0.1)
        x = F.max_pool2d(F.leaky_relu(self.conv2(x), 0.1), 2)
        return F.normalize(self.fc(x.flatten(1)), dim=1)


def batch_hard(z, y, margin=0.3):
    d = torch.cdist(z, z + 1e-7)
    same = y[:, None] == y[None, :]
    hardest_positive = d.masked_fill(~same, -1).amax(1)
    hardest_negative = d.masked_fill(same, 9).amin(1)
    return F.relu(hardest_positive - hardest_negative + margin).mean()


net = Embedder()
opt = torch.optim.Adam(net.parameters(), lr=6e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 400)
for it in range(400):
    x, y = pk_batch()
    x = x + 0.15 * torch.randn_like(x)
    loss = batch_hard(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if it % 50 == 0:
        print(f"{it:4d} triplet {loss.item():.4f}")

net.eval()
with torch.no_grad():
    z = net(x_new)
    sim = z @ z.t()
    sim.fill_diagonal_(-2)
print(f"FINAL recall_at_1={(y_new[sim.argmax(1)] == y_new).float().mean().item():.4f}")
