import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)


class GraphLayer(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.own = nn.Linear(d_in, d_out)
        self.neighbours = nn.Linear(d_in, d_out, bias=False)

    def forward(self, h, adj):
        return self.own(h) + self.neighbours(torch.bmm(adj, h))


class MoleculeNet(nn.Module):
    """Predicts a property that is a sum over the atoms and their bonds."""

    def __init__(self, kinds=5, width=48):
        super().__init__()
        self.embed = nn.Embedding(kinds, width)
        self.g1 = GraphLayer(width, width)
        self.g2 = GraphLayer(width, width)
        self.readout = nn.Linear(width, width)
        self.out = nn.Linear(width, 1)

    def forward(self, kinds, adj, mask):
        h = self.embed(kinds)
        h = F.relu(self.g1(h, adj))
        h = F.dropout(h, 0.3, training=self.training)
        h = F.relu(self.g2(h, adj))
        h = (h * mask.unsqueeze(2)).sum(1) / 8
        h = F.relu(self.readout(h))
        h = F.dropout(h, 0.3, training=self.training)
        return self.out(h).squeeze(1)


def molecules(n, size=10, kinds=5):
    z = np.random.randint(0, kinds, (n, size))
    counts = np.random.randint(5, size + 1, n)
    mask = (np.arange(size) < counts[:, None]).astype(np.float32)
    up = np.triu(np.random.rand(n, size, size) < 0.25, 1)
    adj = (up | up.transpose(0, 2, 1)) * mask[:, :, None] * mask[:, None, :]
    charge = np.array([-1.0, -0.4, 0.1, 0.6, 1.2])
    q = charge[z] * mask
    y = q.sum(1) + 0.5 * np.einsum("bi,bij,bj->b", q, adj, q)
    return torch.tensor(z), torch.tensor(adj, dtype=torch.float32), torch.tensor(mask), torch.tensor(y, dtype=torch.float32)


z, adj, mask, y = molecules(3200)
zt, adjt, maskt, yt = molecules(800)
mean, std = y.mean(), y.std()
net = MoleculeNet()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 10, 0.3)
for epoch in range(20):
    net.train()
    total = 0.0
    for rows in torch.randperm(len(z)).split(64):
        pred = net(z[rows], adj[rows], mask[rows])
        loss = F.mse_loss(pred, (y[rows] - mean) / std)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(rows)
    sched.step()
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1} train mse {total / len(z):.4f}")

net.eval()
with torch.no_grad():
    pred = net(zt, adjt, maskt) * std + mean
r2 = 1 - ((pred - yt) ** 2).sum() / ((yt - yt.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
