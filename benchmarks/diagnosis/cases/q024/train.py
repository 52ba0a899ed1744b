import os

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))


def dunes(n):
    """Heights of a sand surface at random points, seen through random Fourier features."""
    x = torch.rand(n, 2) * 2 - 1
    h = torch.sin(5 * x[:, 0] + 2 * torch.sin(3 * x[:, 1])) + 0.5 * torch.cos(6 * x[:, 1] - 2 * x[:, 0])
    return x, h + 0.05 * torch.randn(n)


class SurfaceNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(2, 64)
        self.hid = nn.Linear(64, 64)
        self.out = nn.Linear(64, 1)

    def forward(self, x):
        x = torch.tanh(self.inp(2 * x))
        return self.out(torch.tanh(self.hid(x))).squeeze(1)


class Trainer:
    def __init__(self, net, data, held_out):
        self.net, self.data, self.held_out = net, data, held_out
        self.optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(self.optimizer, factor=0.5, patience=2)
        self.val_loss = 0.0

    def train_epoch(self):
        self.net.train()
        x, h = self.data
        for b in torch.randperm(len(x)).split(50):
            self.optimizer.zero_grad()
            F.mse_loss(self.net(x[b]), h[b]).backward()
            self.optimizer.step()

    @torch.no_grad()
    def validate(self):
        self.net.eval()
        x, h = self.held_out
        for xb, hb in zip(x.split(200), h.split(200)):
            self.val_loss += F.mse_loss(self.net(xb), hb).item() * len(xb) / len(x)
        return self.val_loss

    def fit(self, epochs):
        for epoch in range(epochs):
            self.train_epoch()
            self.scheduler.step(self.validate())
            if epoch % 10 == 9:
                print(f"epoch {epoch + 1} rate {self.optimizer.param_groups[0]['lr']:.5f}")


trainer = Trainer(SurfaceNet(), dunes(2000), dunes(600))
trainer.fit(60)
x, h = dunes(1000)
with torch.no_grad():
    p = trainer.net(x)
r2 = 1 - (p - h).pow(2).sum() / (h - h.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
