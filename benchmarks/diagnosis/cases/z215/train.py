import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader

torch.manual_seed(int(os.environ.get("SEED", 0)))


class VAE(nn.Module):
    def __init__(self, latent=6):
        super().__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc21 = nn.Linear(128, latent)
        self.fc22 = nn.Linear(128, latent)
        self.fc3 = nn.Linear(latent, 128)
        self.fc4 = nn.Linear(128, 64)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_parts(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE, KLD


data = torch.tensor(load_digits().data, dtype=torch.float32) / 16
data = data[torch.randperm(len(data))]
train, test = data[:1500], data[1500:]
loader = DataLoader(train, batch_size=50, shuffle=True)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
epochs = 45

for epoch in range(epochs):
    model.train()
    beta = min(1.0, epoch / 10)
    train_loss = 0.0
    for x in loader:
        optimizer.zero_grad()
        bce, kld = loss_parts(*((out := model(x))[0], x, out[1], out[2]))
        loss = bce + beta * kld
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"====> Epoch: {epoch} beta {beta:.1f} average loss: {train_loss / len(train):.3f}")

model.eval()
with torch.no_grad():
    recon, mu, logvar = model(test)
    bce, kld = loss_parts(recon, test, mu, logvar)
    mean = train.mean(0).clamp(1e-4, 1 - 1e-4).expand_as(test)
    print("independent pixels:", (F.binary_cross_entropy(mean, test, reduction="sum") / len(test)).item())
print(f"FINAL elbo_loss={((bce + kld) / len(test)).item():.4f}")
