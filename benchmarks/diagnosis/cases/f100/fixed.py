import os

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
images = torch.tensor(load_digits().images, dtype=torch.float32)[:, None] / 16
images = images[torch.randperm(len(images))]


class ConvDenoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
        )
        self.decode = nn.Sequential(
            nn.ConvTranspose2d(32, 16, 2, stride=2), nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 2, stride=2), nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decode(self.encode(x))


def noisy(x):
    return x + 0.25 * torch.randn_like(x)


model = ConvDenoiser()
criterion = nn.MSELoss(reduction="mean")
optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
train_loader = DataLoader(TensorDataset(images[:1400]), batch_size=32, shuffle=True)
held_out = images[1400:]

for epoch in range(20):
    for (clean,) in train_loader:
        loss = criterion(model(noisy(clean)), clean)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 3:
        print("epoch", epoch + 1, "loss", loss.item())

model.eval()
with torch.no_grad():
    mse = (model(noisy(held_out)) - held_out).pow(2).mean().item()
print(f"FINAL mse={mse:.5f}")
