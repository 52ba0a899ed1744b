import os
import torch
from torch import nn

seed = int(os.getenv("SEED", 0))
torch.manual_seed(seed)

N = 80
true_xy = torch.randn(N, 2) * torch.tensor([3.0, 1.5])


def road_distance(a):
    gap = a[:, None, :] - a[None, :, :]
    sq = gap.pow(2).sum(-1)
    eye = torch.eye(len(a), dtype=torch.bool)
    return torch.where(eye, torch.zeros_like(sq), sq.sqrt())


target = road_distance(true_xy)
target = (target + target.T) / 2
known = torch.rand(N, N) < 0.5
known = known & known.T
known.fill_diagonal_(True)


class Layout(nn.Module):
    """every city is a free point in the plane"""

    def __init__(self, n):
        super().__init__()
        self.xy = nn.Embedding(n, 2)

    def forward(self):
        return road_distance(self.xy.weight)


layout = Layout(N)
optimizer = torch.optim.Adam(layout.parameters(), lr=0.05)
for step in range(1200):
    d = layout()
    stress = ((d - target)[known] ** 2).mean()
    optimizer.zero_grad()
    stress.backward()
    optimizer.step()
    if step % 200 == 0:
        print(step, stress.item())

with torch.no_grad():
    d = layout()
hidden = ~known
ss = ((d - target)[hidden] ** 2).sum()
tot = ((target[hidden] - target[known].mean()) ** 2).sum()
print(f"FINAL r2={(1 - ss / tot).item():.4f}")
