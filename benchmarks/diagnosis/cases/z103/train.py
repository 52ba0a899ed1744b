import math
import os

import torch
from sklearn.datasets import make_moons
from torch import Tensor, nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)


def sample(n: int, rs: int) -> Tensor:
    x, _ = make_moons(n, noise=0.07, random_state=rs)
    return (torch.tensor(x, dtype=torch.float32) - torch.tensor([0.5, 0.25])) / torch.tensor([0.87, 0.5])


class Coupling(nn.Module):
    def __init__(self, flip: bool, hidden: int = 48) -> None:
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, 2))
        # every coupling starts as the identity
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = (x[:, 1:], x[:, :1]) if self.flip else (x[:, :1], x[:, 1:])
        s, t = self.net(a).chunk(2, dim=1)
        s = 2.0 * torch.tanh(s)
        b = b * torch.exp(s) + t
        return (torch.cat([b, a], 1) if self.flip else torch.cat([a, b], 1)), s.squeeze(1)


class Flow(nn.Module):
    def __init__(self, depth: int = 8) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Coupling(i % 2 == 1) for i in range(depth))

    def log_prob(self, x: Tensor) -> Tensor:
        logdet = x.new_zeros(len(x))
        for layer in self.layers:
            x, ld = layer(x)
            logdet = logdet + ld
        return -0.5 * (x**2).sum(1) - math.log(2 * math.pi) + logdet


train, test = sample(4000, 11), sample(2000, 12)
flow = Flow()
optimizer = torch.optim.Adam(flow.parameters(), lr=2e-3)
STEPS = 900
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 0.5 * (1 + math.cos(math.pi * k / STEPS)))
for step in range(STEPS):
    batch = train[torch.randint(0, len(train), (256,))]
    nll = -flow.log_prob(batch).mean()
    optimizer.zero_grad(set_to_none=True)
    nll.backward()
    nn.utils.clip_grad_norm_(flow.parameters(), 5.0)
    optimizer.step()
    scheduler.step()
    if step % 150 == 0:
        print(f"{step:4d} train nll {nll.item():.4f}")

with torch.no_grad():
    print(f"FINAL nll={-flow.log_prob(test).mean().item():.4f}")
