import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

ALPHABET, T, FEAT = 8, 28, 10
proto = torch.randn(ALPHABET + 1, FEAT, generator=torch.Generator().manual_seed(1))


def batch(n):
    lens = torch.randint(2, 6, (n,))
    x = torch.zeros(n, T, FEAT)
    y = torch.zeros(n, 5, dtype=torch.long)
    for i in range(n):
        t, last = 1, -1
        for j in range(lens[i]):
            c = torch.randint(0, ALPHABET, (1,)).item()
            while c == last:
                c = torch.randint(0, ALPHABET, (1,)).item()
            y[i, j], last = c, c
            d = torch.randint(2, 5, (1,)).item()
            x[i, t:t + d] = proto[c]
            t += d + 1
    return x + 0.3 * torch.randn_like(x), y, lens


class Acoustic(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(FEAT, 48, 5, padding=2), nn.ReLU(), nn.Conv1d(48, 48, 5, padding=2), nn.ReLU())
        self.out = nn.Conv1d(48, ALPHABET + 1, 1)

    def forward(self, x):
        return F.log_softmax(self.out(self.conv(x.transpose(1, 2))), dim=1).permute(2, 0, 1)   # T, N, C


model = Acoustic()
opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=6e-3, total_steps=400)
xs, ys, ls = batch(1500)
for step in range(400):
    i = torch.randint(0, 1500, (32,))
    logp = model(xs[i])
    loss = F.ctc_loss(logp, ys[i], torch.full((32,), T), ls[i], blank=ALPHABET, reduction="sum")
    opt.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 10.0)
    opt.step()
    sched.step()
    if step % 80 == 0:
        print(f"step {step} loss {loss.item():.2f}")

model.eval()
x, y, lens = batch(400)
with torch.no_grad():
    path = model(x).argmax(2).t().tolist()
ok = 0
for p, t, n in zip(path, y.tolist(), lens.tolist()):
    s = [c for c, prev in zip(p, [ALPHABET] + p) if c != prev and c != ALPHABET]
    ok += s == t[:n]
print(f"FINAL accuracy={ok / 400:.4f}")
