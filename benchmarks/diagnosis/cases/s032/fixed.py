import os
import numpy as np
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.RandomState(seed)
FS, SECONDS = 12, 6


def curves(n):
    bpm = rng.uniform(50, 150, n)
    t = np.arange(FS * SECONDS) / FS
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    beat = 2 * np.pi * (bpm[:, None] / 60) * t + phase
    x = np.cos(beat) + 0.3 * np.cos(2 * beat) + 0.4 * np.sin(2 * np.pi * 0.25 * t + phase) + rng.normal(0, 0.4, beat.shape)
    return torch.tensor(x, dtype=torch.float32).unsqueeze(1), torch.tensor((bpm - 100) / 29, dtype=torch.float32)


class PulseNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv1d(1, 16, 7, padding=3),
            nn.ReLU(),
            nn.BatchNorm1d(16),
            nn.MaxPool1d(2),
            nn.Conv1d(16, 16, 7, padding=3),
            nn.ReLU(),
            nn.BatchNorm1d(16),
            nn.MaxPool1d(2),
            nn.Flatten(),
            nn.Dropout(0.2),
        )
        self.rate = nn.Linear(16 * 18, 1)

    def forward(self, x):
        return self.rate(self.trunk(x)).squeeze(-1)


train = DataLoader(TensorDataset(*curves(1500)), batch_size=50, shuffle=True)
x_test, y_test = curves(500)
model = PulseNet()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001)
for epoch in range(10):
    model.train()
    losses = []
    for x, y in train:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1}: {np.mean(losses):.4f}")

model.eval()
with torch.no_grad():
    r2 = 1 - ((model(x_test) - y_test) ** 2).mean() / y_test.var()
print(f"FINAL r2={r2.item():.4f}")
