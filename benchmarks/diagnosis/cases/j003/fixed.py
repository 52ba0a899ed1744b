import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def render(n, gen):
    """20x20 pictures of one of six outlines (position, size and noise vary)."""
    kind = torch.randint(0, 6, (n,), generator=gen)
    ax = torch.arange(20.0)
    cy, cx = (7 + 6 * torch.rand(2, n, 1, 1, generator=gen))
    r = 3.5 + 2.5 * torch.rand(n, 1, 1, generator=gen)
    dy, dx = ax[None, :, None] - cy, ax[None, None, :] - cx
    dist = torch.stack([
        (dx**2 + dy**2).sqrt(), torch.maximum(dx.abs(), dy.abs()).expand(n, 20, 20), dx.abs() + dy.abs(),
        (dx**2 + 4 * dy**2).sqrt(), (4 * dx**2 + dy**2).sqrt(), torch.maximum(dy.abs(), (dx + dy / 2).abs()),
    ])[kind, torch.arange(n)]
    x = torch.exp(-((dist - r) ** 2)) + 0.45 * torch.randn(n, 20, 20, generator=gen)
    return x.unsqueeze(1), kind


class WSConv2d(nn.Conv2d):
    """Convolution with weight standardisation."""

    def forward(self, x):
        w = self.weight
        w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.std((1, 2, 3), keepdim=True) + 1e-5)
        w = w / (w[0].numel() ** 0.5)
        return F.conv2d(x, w, self.bias, self.stride, self.padding)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        layers, c = [], 1
        for width in (8, 12, 16):
            layers += [nn.Conv2d(c, width, 3, padding=1), nn.GroupNorm(4, width), nn.ReLU()]
            c = width
            if width < 16:
                layers[-1] = nn.Sequential(nn.ReLU(), nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(16, 6)

    def forward(self, x):
        return self.head(self.features(x).amax((2, 3)))


def standardise(module):
    for name, child in module.named_children():
        if type(child) is nn.Conv2d:
            new = WSConv2d(child.in_channels, child.out_channels, child.kernel_size, padding=child.padding)
            setattr(module, name, new)
        else:
            standardise(child)
    return module


xtr, ytr = render(2400, torch.Generator().manual_seed(5))
xte, yte = render(1000, torch.Generator().manual_seed(6))
model = Net()
model = standardise(model)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
print(model)

for epoch in range(8):
    model.train()
    for idx in torch.randperm(len(xtr)).split(48):
        loss = F.cross_entropy(model(xtr[idx]), ytr[idx])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        acc = (model(xte).argmax(1) == yte).float().mean().item()
    print(f"epoch {epoch} loss {loss.item():.4f} acc {acc:.4f}")
print(f"FINAL accuracy={acc:.4f}")
