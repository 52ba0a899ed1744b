import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
S, C = 12, 8

yy, xx = torch.meshgrid(torch.arange(S), torch.arange(S), indexing="ij")
target = ((((yy - 5.5) ** 2 + (xx - 5.5) ** 2) < 18) & ~(((yy - 4.5) ** 2 + (xx - 7.5) ** 2) < 4)).float()


class Automaton(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8
        ident = torch.zeros(3, 3)
        ident[1, 1] = 1
        self.register_buffer("kernels", torch.stack([ident, sobel, sobel.t()]).repeat(C, 1, 1).unsqueeze(1))
        self.w1 = nn.Conv2d(3 * C, hidden, 1)
        self.w2 = nn.Conv2d(hidden, C, 1, bias=False)
        nn.init.zeros_(self.w2.weight)          # do nothing at the start

    def forward(self, state, steps):
        for _ in range(steps):
            seen = F.conv2d(state, self.kernels, padding=1, groups=C)
            delta = self.w2(torch.relu(self.w1(seen)))
            fire = (torch.rand(len(state), 1, S, S) < 0.5).float()
            state = state + delta * fire
        return state


def seed_state(n):
    s = torch.zeros(n, C, S, S)
    s[:, :, S // 2, S // 2] = 1.0
    return s


model = Automaton()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [300], 0.3)
pool = seed_state(64)
for it in range(420):
    pick = torch.randperm(64)[:6]
    start = pool[pick]
    worst = (start[:, 0] - target).pow(2).mean((1, 2)).argmax()
    start[worst] = seed_state(1)[0]
    end = model(start, int(torch.randint(12, 18, (1,))))
    loss = (end[:, 0] - target).pow(2).mean()
    optimizer.zero_grad()
    loss.backward()
    for p in model.parameters():              # unit gradients, layer by layer
        p.grad /= p.grad.norm() + 1e-8
    optimizer.step()
    scheduler.step()
    pool[pick] = end.detach()
    if it % 50 == 0:
        print(f"{it:3d} loss {loss.item():.4f}")

with torch.no_grad():
    end = model(seed_state(8), 16)
    r2 = 1 - (end[:, 0] - target).pow(2).mean() / target.var(unbiased=False)
print(f"FINAL r2={r2.item():.4f}")
