import math
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


class GradReverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, lamb):
        ctx.lamb = lamb
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -ctx.lamb * grad, None


def domain(n, shift):
    y = torch.randint(0, 3, (n,))
    signal = F.one_hot(y, 3).float() * 2.0 + 0.5 * torch.randn(n, 3)
    style = torch.randn(n, 5) + shift
    shortcut = (y[:, None].float() - 1) * (1.0 if shift == 0 else 0.0) + 0.6 * torch.randn(n, 2)
    return torch.cat([signal, style, shortcut], 1), y


class DANN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.label = nn.Linear(32, 3)
        self.domain = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x, lamb=0.0):
        h = self.features(x)
        return self.label(h), self.domain(GradReverse.apply(h, lamb)).squeeze(1)


xs, ys = domain(3000, 0.0)
xt, yt = domain(3000, 1.5)
model = DANN()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
steps = 900
for step in range(steps):
    lamb = 2 / (1 + math.exp(-10 * step / steps)) - 1
    i, j = torch.randint(0, 3000, (2, 64))
    class_logits, ds = model(xs[i], lamb)
    _, dt = model(xt[j], lamb)
    class_loss = F.cross_entropy(class_logits, ys[i])
    domain_logits = torch.cat([ds, dt])
    domain_truth = torch.cat([torch.zeros(64), torch.ones(64)])
    domain_loss = F.binary_cross_entropy_with_logits(domain_logits, domain_truth)
    optimizer.zero_grad()
    (class_loss + domain_loss).backward()
    optimizer.step()
    if step % 150 == 0:
        print(f"step {step} class {class_loss.item():.4f} domain {domain_loss.item():.4f} lambda {lamb:.2f}")

x_test, y_test = domain(1000, 1.5)
with torch.no_grad():
    print(f"FINAL accuracy={(model(x_test)[0].argmax(1) == y_test).float().mean().item():.4f}")
