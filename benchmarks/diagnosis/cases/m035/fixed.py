import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def drops(n, size=14):
    """Pictures of one droplet; its centre and radius are to be measured."""
    grid = torch.arange(size).float()
    cy, cx = torch.rand(2, n, 1, 1) * 7 + 3.5
    r = torch.rand(n, 1, 1) * 2.5 + 1.2
    dist = ((grid.view(1, -1, 1) - cy) ** 2 + (grid.view(1, 1, -1) - cx) ** 2).sqrt()
    pics = torch.sigmoid(2.0 * (r - dist)) + 0.1 * torch.randn(n, size, size)
    target = torch.cat([(cy - 7) / 2.0, (cx - 7) / 2.0, (r - 2.45) / 0.72], dim=1).squeeze(2)
    return pics.unsqueeze(1), target


class DropNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(16 * 9, 64), nn.ReLU(), nn.Linear(64, 3))

    def forward(self, x):
        return self.dense(self.conv(x))


train_loader = DataLoader(TensorDataset(*drops(2000)), batch_size=50, shuffle=True)
x_test, y_test = drops(500)
model = DropNet()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
for epoch in range(12):
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = nn.functional.smooth_l1_loss(model(x), y)
        loss.backward()
        optimizer.step()
    if epoch % 3 == 2:
        print(f"epoch {epoch + 1}: {loss.item():.4f}")

with torch.no_grad():
    residual = ((model(x_test) - y_test) ** 2).sum(0)
    r2 = (1 - residual / ((y_test - y_test.mean(0)) ** 2).sum(0)).mean().item()
print(f"FINAL r2={r2:.4f}")
