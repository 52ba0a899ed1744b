import os

import numpy as np
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def heartbeats(n, length=64):
    t = np.linspace(0, 1, length)
    at = rng.uniform(0.3, 0.6, (n, 1))
    amp = rng.uniform(0.7, 1.3, (n, 1))
    qrs = amp * np.exp(-((t - at) / 0.025) ** 2) - 0.35 * amp * np.exp(-((t - at - 0.05) / 0.03) ** 2)
    twave = 0.35 * np.exp(-((t - at - 0.25) / 0.06) ** 2)
    return (qrs + twave).astype("float32")[:, None, :]


class Denoiser(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv1d(1, 16, 7, padding=3), nn.ReLU(), nn.Conv1d(16, 32, 5, stride=2, padding=2), nn.ReLU())
        self.mid = nn.Sequential(nn.Conv1d(32, 32, 5, padding=2), nn.ReLU())
        self.up = nn.ConvTranspose1d(32, 16, 4, stride=2, padding=1)
        self.last = nn.Conv1d(17, 1, 5, padding=2)

    def forward(self, x):
        h = self.mid(self.down(x))
        h = torch.relu(self.up(h))
        return self.last(torch.cat([h, x], 1))


clean = torch.from_numpy(heartbeats(1200))
test_clean = torch.from_numpy(heartbeats(300))
test_noisy = test_clean + 0.25 * torch.randn_like(test_clean)
model = Denoiser()
mse = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)

for epoch in range(10):
    model.train()
    history = []
    for (data,) in DataLoader(TensorDataset(clean), batch_size=40, shuffle=True):
        data = data + 0.25 * torch.randn_like(data)
        output = model(data)
        loss = mse(output, data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    print(f"epoch {epoch + 1}: {np.mean(history):.5f}")

model.eval()
with torch.no_grad():
    err = mse(model(test_noisy), test_clean)
    r2 = 1 - err / test_clean.var()
print(f"FINAL r2={r2.item():.4f}")
