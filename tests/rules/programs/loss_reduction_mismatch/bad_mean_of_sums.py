# SPDX-License-Identifier: Apache-2.0
# expects: loss-reduction-mismatch
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

BETA = 1.0
torch.manual_seed(0)
pixels = torch.tensor(load_digits().data, dtype=torch.float32) / 16


class Vae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 16))
        self.decoder = nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, x):
        mean, logvar = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        return torch.sigmoid(self.decoder(z)), mean, logvar


model = Vae()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(400):
    x = pixels[torch.randint(0, len(pixels), (64,))]
    made, mean, logvar = model(x)
    divergence = -0.5 * torch.sum(1 + logvar - mean.pow(2) - logvar.exp(), dim=1)
    loss = F.mse_loss(made, x) + BETA * torch.mean(divergence, dim=0)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
