import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)
DIM = 20
direction = np.random.RandomState(0).normal(0, 1, DIM)
direction /= np.linalg.norm(direction)


def patients(n, ill_share=0.08):
    ill = (np.random.rand(n) < ill_share).astype(np.int64)
    x = np.random.normal(0, 1, (n, DIM)) + 1.2 * ill[:, None] * direction
    return x.astype(np.float32), ill


def oversample(x, y):
    rare = np.flatnonzero(y == 1)
    extra = np.random.choice(rare, size=(y == 0).sum() - len(rare))
    keep = np.concatenate([np.arange(len(y)), extra])
    return x[keep], y[keep]


def split(x, y, share=0.25):
    order = np.random.permutation(len(y))
    cut = int(share * len(y))
    return x[order[cut:]], y[order[cut:]], x[order[:cut]], y[order[:cut]]


x, y = patients(1500)
x, y = oversample(x, y)
x_train, y_train, x_val, y_val = split(x, y)

loader = DataLoader(TensorDataset(torch.from_numpy(x_train), torch.from_numpy(y_train)), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
ce = nn.CrossEntropyLoss()


def sensitivity(x, y):
    net.eval()
    with torch.no_grad():
        pred = net(torch.from_numpy(x)).argmax(1).numpy()
    net.train()
    return (pred[y == 1] == 1).mean()


for epoch in range(15):
    for xb, yb in loader:
        opt.zero_grad()
        loss = ce(net(xb), yb)
        loss.backward()
        opt.step()
    if epoch % 3 == 2:
        with torch.no_grad():
            val_loss = ce(net(torch.from_numpy(x_val)), torch.from_numpy(y_val)).item()
        print(f"epoch {epoch + 1}: loss {loss.item():.4f} val loss {val_loss:.4f} val sensitivity {sensitivity(x_val, y_val):.3f}")

fresh_x, fresh_y = patients(6000)
reported, real = sensitivity(x_val, y_val), sensitivity(fresh_x, fresh_y)
print(f"reported {reported:.3f}, on new patients {real:.3f}")
print(f"FINAL optimism={abs(reported - real):.4f}")
