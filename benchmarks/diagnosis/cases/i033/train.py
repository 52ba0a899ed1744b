"""How many cells are in the picture? A count from 0 to 8, read off as a sum over places."""
import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def plates(n, seed):
    g = torch.Generator().manual_seed(seed)
    count = torch.randint(0, 9, (n,), generator=g)
    axis = torch.arange(24).float()
    image = torch.zeros(n, 24, 24)
    for k in range(8):
        cy, cx = (2 + 20 * torch.rand(n, 1, generator=g) for _ in range(2))
        r = 1.0 + 0.25 * torch.rand(n, 1, generator=g)
        gy, gx = torch.exp(-((axis - cy) ** 2) / (2 * r**2)), torch.exp(-((axis - cx) ** 2) / (2 * r**2))
        image += (k < count).float()[:, None, None] * gy[:, :, None] * gx[:, None, :]
    return (image + 0.05 * torch.randn(image.shape, generator=g)).unsqueeze(1), count.float()


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.density = nn.Sequential(
            nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 1, 1),
        )

    def forward(self, x):
        return self.density(x).sum((1, 2, 3))


x_train, y_train = plates(2000, 1)
x_test, y_test = plates(500, 2)
net = Counter()
loss_fn = nn.MSELoss(reduction="sum")
opt = torch.optim.SGD(net.parameters(), lr=1e-6, momentum=0.9)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 14 * 80)
for epoch in range(14):
    total = 0.0
    for idx in torch.randperm(len(x_train)).split(25):
        opt.zero_grad()
        loss = loss_fn(net(x_train[idx]), y_train[idx])
        loss.backward()
        opt.step()
        sched.step()
        total += loss.item()
    with torch.no_grad():
        guess = net(x_test)
    exact = (guess.round() == y_test).float().mean().item()
    print(f"epoch {epoch} squared error per plate {total / 2000:.4f} exact counts {exact:.3f}")

r2 = 1 - (guess - y_test).pow(2).sum() / (y_test - y_test.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
