import os
import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# 24 sensors driven by four hidden causes
mixing = np.random.RandomState(4).randn(4, 24)


def record(n):
    causes = np.random.randn(n, 4)
    signals = np.tanh(causes @ mixing * 0.6) * 3 + 0.5 * causes @ mixing[:, ::-1]
    return signals + 0.1 * np.random.randn(n, 24)


raw = record(3000)
mean, std = raw[:2400].mean(0), raw[:2400].std(0)
data = torch.tensor((raw - mean) / std, dtype=torch.float32)
train, test = data[:2400], data[2400:]


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(24, 64),
            nn.ReLU(),
            nn.Linear(64, 6),
        )
        self.decoder = nn.Sequential(
            nn.Linear(6, 64),
            nn.ReLU(),
            nn.Linear(64, 24),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


autoencoder = AutoEncoder()
optimizer = torch.optim.Adam(autoencoder.parameters(), lr=2e-3, weight_decay=0.05)
loss_func = nn.MSELoss()
loader = DataLoader(train, batch_size=48, shuffle=True)

for epoch in range(25):
    for step, x in enumerate(loader):
        decoded = autoencoder(x)
        loss = loss_func(decoded, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print("Epoch:", epoch, "| train loss: %.4f" % loss.item())

with torch.no_grad():
    rest = ((autoencoder(test) - test) ** 2).sum() / ((test - test.mean(0)) ** 2).sum()
print("FINAL r2=%.4f" % (1 - rest.item()))
