import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
N_SHAPES, LATENT = 60, 8


def random_shapes(n):
    return torch.stack([torch.rand(n) * 0.6 + 0.3, torch.rand(n) * 0.6 + 0.3, torch.rand(n) * 0.6 - 0.3, torch.rand(n) * 3.14], 1)


def distance(shape, p):
    """Signed distance (roughly) to a rotated box with a shifted centre."""
    w, h, cx, a = shape.unbind(-1)
    x, y = p[..., 0] - cx, p[..., 1]
    u, v = x * a.cos() + y * a.sin(), y * a.cos() - x * a.sin()
    qx, qy = u.abs() - w, v.abs() - h
    outside = torch.stack([qx.clamp_min(0), qy.clamp_min(0)], -1).norm(dim=-1)
    return (outside + torch.maximum(qx, qy).clamp_max(0)).clamp(-0.4, 0.4)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(LATENT + 2, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 96), nn.ReLU(), nn.Linear(96, 1))

    def forward(self, z, p):
        return 0.4 * torch.tanh(self.net(torch.cat([4 * z, p], -1))).squeeze(-1)


shapes = random_shapes(N_SHAPES)
decoder = Decoder()
codes = nn.Embedding(N_SHAPES, LATENT)
nn.init.normal_(codes.weight, std=0.05)
opt = torch.optim.Adam([{"params": decoder.parameters(), "lr": 2e-3}, {"params": codes.parameters(), "lr": 4e-3}])
sched = torch.optim.lr_scheduler.StepLR(opt, 500, 0.5)
for step in range(1200):
    which = torch.randint(0, N_SHAPES, (8,))
    p = torch.rand(8, 64, 2) * 3 - 1.5
    target = distance(shapes[which].unsqueeze(1), p)
    z = codes(which)
    loss = F.l1_loss(decoder(z.unsqueeze(1).expand(-1, 64, -1), p), target) + 1e-3 * z.pow(2).sum(1).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 200 == 0:
        print(f"step {step} loss {loss.item():.4f}")

# unseen points of the known shapes
with torch.no_grad():
    p = torch.rand(N_SHAPES, 300, 2) * 3 - 1.5
    target = distance(shapes.unsqueeze(1), p)
    pred = decoder(codes.weight.unsqueeze(1).expand(-1, 300, -1), p)
    r2 = 1 - (pred - target).pow(2).sum() / (target - target.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
