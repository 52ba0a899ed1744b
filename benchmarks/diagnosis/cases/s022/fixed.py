import os
import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)


def gear_distance(p):
    r = np.linalg.norm(p, axis=1)
    angle = np.arctan2(p[:, 1], p[:, 0])
    return r - (0.6 + 0.08 * np.tanh(3 * np.sin(5 * angle)))


class MLP(nn.Module):
    def __init__(self, sizes, activation=None, norm=False):
        super().__init__()
        layers = []
        for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
            layers.append(nn.Linear(a, b))
            if i < len(sizes) - 2:
                if norm:
                    layers.append(nn.LayerNorm(b))
                if activation is not None:
                    layers.append(activation())
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x)


def sample(n):
    p = np.random.uniform(-1, 1, (n, 2))
    return torch.tensor(p, dtype=torch.float32), torch.tensor(gear_distance(p) / 0.25, dtype=torch.float32)[:, None]


points, dist = sample(4000)
test_points, test_dist = sample(1500)
sdf = MLP([2, 64, 64, 64, 1], activation=nn.ReLU)
optimizer = torch.optim.SGD(sdf.parameters(), lr=0.02, momentum=0.9)
loss_fn = nn.SmoothL1Loss()

for it in range(1600):
    rows = torch.randint(0, len(points), (128,))
    optimizer.zero_grad()
    loss = loss_fn(sdf(points[rows]), dist[rows])
    loss.backward()
    optimizer.step()
    if it % 200 == 0:
        print(f"iteration {it}: {loss.item():.5f}")

sdf.eval()
with torch.no_grad():
    rss = (sdf(test_points) - test_dist).pow(2).sum()
    tss = (test_dist - test_dist.mean()).pow(2).sum()
print(f"FINAL r2={(1 - rss / tss).item():.4f}")
