import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
K = 7


def lists(n):
    x = torch.rand(n, K, 1)
    return x, x.squeeze(2).argsort(1)


class PointerNet(nn.Module):
    """Sorts numbers by pointing at them one after the other; what was taken is masked."""

    def __init__(self, dim=48):
        super().__init__()
        self.lift = nn.Sequential(nn.Linear(1, dim), nn.Tanh(), nn.Linear(dim, dim))
        self.cell = nn.LSTMCell(dim, dim)
        self.w1, self.w2 = nn.Linear(dim, dim, bias=False), nn.Linear(dim, dim)
        self.v = nn.Linear(dim, 1, bias=False)
        self.start = nn.Parameter(torch.zeros(dim))

    def forward(self, x, order=None):
        n = len(x)
        e = self.lift(x)
        h, c = e.mean(1), torch.zeros_like(e[:, 0])
        inp, taken, out = self.start.expand(n, -1), torch.zeros(n, K, dtype=torch.bool), []
        keys = self.w1(e)
        for k in range(K):
            h, c = self.cell(inp, (h, c))
            score = self.v(torch.tanh(keys + self.w2(h)[:, None])).squeeze(2).masked_fill(taken, float("-inf"))
            logp = F.log_softmax(score, 1)
            out.append(logp)
            pick = order[:, k] if order is not None else logp.argmax(1)
            taken = taken | F.one_hot(pick, K).bool()
            inp = e[torch.arange(n), pick]
        return torch.stack(out, 1)


net = PointerNet()
opt = torch.optim.Adam(net.parameters(), lr=4e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 500)
for step in range(500):
    x, order = lists(64)
    logp = net(x, order)                     # teacher forcing
    loss = F.nll_loss(logp.reshape(-1, K), order.reshape(-1))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 2.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    x, order = lists(1500)
    acc = (net(x).argmax(2) == order).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
