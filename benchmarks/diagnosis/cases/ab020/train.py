import os
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def faces(n):
    """24x24 'portraits': wrinkle density and hair brightness tell the age."""
    age = 18 + 62 * torch.rand(n)
    z = (age - 18) / 62
    g = torch.arange(24.0)
    freq = (0.3 + 1.1 * z)[:, None, None]
    x = 0.5 * torch.sin(freq * g[None, :, None] + 6.3 * torch.rand(n, 1, 1)) * torch.ones(1, 1, 24)
    x[:, :6] = (z[:, None, None] - 0.5 + 0.3 * torch.randn(n, 1, 1))
    return (x + 0.25 * torch.randn(n, 24, 24))[:, None], age


x_train, age_train = faces(1500)
x_test, age_test = faces(500)
mean, std = age_train.mean(), age_train.std()


class AgeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(24, 24, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(3))
        self.regressor = nn.Sequential(nn.Flatten(), nn.Linear(216, 64), nn.ReLU(), nn.Linear(64, 1))

    def forward(self, x):
        return F.relu(self.regressor(self.features(x))).squeeze(1)


net = AgeNet()
opt = torch.optim.Adam(net.parameters(), lr=1e-3)
sched = torch.optim.lr_scheduler.StepLR(opt, 8, 0.3)
for epoch in range(12):
    net.train()
    s = 0.0
    for idx in torch.randperm(len(x_train)).split(50):
        pred = net(x_train[idx])
        loss = F.smooth_l1_loss(pred, (age_train[idx] - mean) / std)
        opt.zero_grad()
        loss.backward()
        opt.step()
        s += loss.item()
    sched.step()
    print(f"epoch {epoch} loss {s / 30:.4f}")

net.eval()
with torch.no_grad():
    p = net(x_test) * std + mean
print(f"mean absolute error {(p - age_test).abs().mean():.2f} years")
r2 = 1 - ((p - age_test) ** 2).sum() / ((age_test - age_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
