import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
L = 48


def signal_pairs(n, max_shift=8.0):
    """A one-dimensional scan line and its copy, shifted by a sub-pixel amount."""
    k = torch.arange(1, 9).float()
    amp = torch.randn(n, 8, 1) / k.sqrt()[:, None]
    ph = 6.28 * torch.rand(n, 8, 1)
    x = torch.arange(L).float() / L * 6.28
    shift = (torch.rand(n, 1) * 2 - 1) * max_shift
    make = lambda s: (amp * torch.sin(k[:, None] * (x - s[..., None] / L * 6.28) + ph)).sum(1)
    a, b = make(torch.zeros(n, 1)), make(shift)
    return a + 0.03 * torch.randn_like(a), b + 0.03 * torch.randn_like(b), shift.squeeze(1)


def warp(b, s):
    """Read b at positions moved by s pixels (periodic, linear interpolation)."""
    pos = torch.arange(L).float()[None] + s[:, None]
    i = pos.floor()
    f = pos - i
    i = i.long() % L
    return b.gather(1, i) * (1 - f) + b.gather(1, (i + 1) % L) * f


class Updater(nn.Module):
    """Refines the estimate a few times; the estimate itself carries no gradient between rounds."""

    def __init__(self, hidden=64, rounds=4):
        super().__init__()
        self.rounds = rounds
        self.enc = nn.Sequential(nn.Conv1d(3, 24, 7, padding=3, padding_mode="circular"), nn.ReLU(), nn.Conv1d(24, 24, 7, padding=3, padding_mode="circular"), nn.ReLU())
        self.gru = nn.GRUCell(25, hidden)
        self.delta = nn.Linear(hidden, 1)

    def forward(self, a, b):
        s = torch.zeros(len(a))
        h = torch.zeros(len(a), self.gru.hidden_size)
        out = []
        for _ in range(self.rounds):
            s = s.detach()
            w = warp(b, s)
            feat = self.enc(torch.stack([a, w, a * (w.roll(-1, 1) - w.roll(1, 1))], 1)).mean(2)
            h = self.gru(torch.cat([feat, s[:, None] / 8], 1), h)
            s = s + self.delta(h).squeeze(1)
            out.append(s)
        return out


net = Updater()
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, 3e-3, total_steps=600, pct_start=0.1)
for step in range(600):
    a, b, shift = signal_pairs(48)
    est = net(a, b)
    loss = sum(0.8 ** (len(est) - 1 - k) * (e - shift).abs().mean() for k, e in enumerate(est))
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    opt.step()
    sched.step()
    if step % 100 == 0:
        print(f"step {step} loss {loss.item():.4f}")

with torch.no_grad():
    a, b, shift = signal_pairs(1500)
    s = net(a, b)[-1]
    r2 = 1 - (s - shift).pow(2).sum() / (shift - shift.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
