import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
gen = torch.Generator().manual_seed(SEED + 70)

PEAK, WARMUP, TOTAL = 2e-3, 30, 400


def noam_like(step):
    """Linear warm-up to the peak, then inverse square root."""
    step += 1
    return PEAK * min(step / WARMUP, (WARMUP / step) ** 0.5)


# two views of the same object share a latent; classes are known only for the probe
K, D = 8, 40
mix1, mix2 = torch.randn(12, D, generator=gen), torch.randn(12, D, generator=gen)
centres = 1.3 * torch.randn(K, 12, generator=gen)


def objects(n):
    k = torch.randint(0, K, (n,), generator=gen)
    z = centres[k] + 0.4 * torch.randn(n, 12, generator=gen)
    noise = 3.0 * torch.randn(n, 6, generator=gen) @ nuisance
    v1 = torch.tanh(z @ mix1 / 3) + 0.3 * noise + 0.1 * torch.randn(n, D, generator=gen)
    noise2 = 3.0 * torch.randn(n, 6, generator=gen) @ nuisance
    v2 = torch.tanh(z @ mix2 / 3) + 0.3 * noise2 + 0.1 * torch.randn(n, D, generator=gen)
    return v1, v2, k


nuisance = torch.randn(6, D, generator=gen) / 2


class Tower(nn.Module):
    def __init__(self, out=16):
        super().__init__()
        self.l1, self.l2 = nn.Linear(D, 96), nn.Linear(96, out)

    def forward(self, v):
        return F.normalize(self.l2(F.gelu(self.l1(v))), dim=-1)


left, right = Tower(), Tower()
log_temp = nn.Parameter(torch.tensor(2.3))
params = [*left.parameters(), *right.parameters(), log_temp]
opt = torch.optim.Adam(params, lr=PEAK)
sched = LambdaLR(opt, noam_like)
v1, v2, _ = objects(4000)
for step in range(TOTAL):
    idx = torch.randint(0, len(v1), (64,))
    sim = left(v1[idx]) @ right(v2[idx]).T * log_temp.exp()
    goal = torch.arange(64)
    loss = (F.cross_entropy(sim, goal) + F.cross_entropy(sim.T, goal)) / 2
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(f"step {step} info-nce {loss.item():.4f}")

# retrieval among 200 unseen objects
with torch.no_grad():
    a, b, k = objects(200)
    sim = left(a) @ right(b).T
    acc = (sim.topk(5, 1).indices == torch.arange(200)[:, None]).any(1).float().mean().item()
print(f"FINAL recall_at_5={acc:.4f}")
