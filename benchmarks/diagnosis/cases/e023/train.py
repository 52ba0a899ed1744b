import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
BASIS = torch.randn(12, 64, generator=torch.Generator().manual_seed(2))


def faces(n_ids, per_id):
    """identity lives in 6 of the 12 factors, pose and light in the others"""
    who = torch.randn(n_ids, 6).repeat_interleave(per_id, 0)
    how = torch.randn(n_ids * per_id, 6) * 1.5
    x = torch.cat([who, how], 1) @ BASIS / 3
    return torch.tanh(x) + 0.05 * torch.randn(len(x), 64), torch.arange(n_ids).repeat_interleave(per_id)


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU())
        self.project = nn.Linear(128, 16)

    def forward(self, x):
        return F.normalize(self.project(self.trunk(x)), dim=-1)


x, ids = faces(300, 10)
net = Embedder()
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
triplet = nn.TripletMarginLoss(margin=0.3)
for step in range(900):
    a = torch.randint(0, 300, (64,))
    other = (a + torch.randint(1, 300, (64,))) % 300
    i, j = torch.randint(0, 10, (2, 64))
    k = torch.randint(0, 10, (64,))
    loss = triplet(net(x[a * 10 + i]), net(x[a * 10 + j]), net(x[other * 10 + k]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 150 == 0:
        print(f"step {step} triplet loss {loss.item():.4f}")

net.eval()
with torch.no_grad():
    xt, who = faces(80, 4)
    e = net(xt)
    sim = e @ e.T
    sim.fill_diagonal_(-2)
    recall = (who[sim.argmax(1)] == who).float().mean().item()
print(f"FINAL recall={recall:.4f}")
