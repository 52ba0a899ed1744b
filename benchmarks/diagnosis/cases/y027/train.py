import os

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

set_seed(int(os.environ.get("SEED", 0)))

t = np.arange(2600)
series = (
    np.sin(2 * np.pi * t / 24)
    + 0.5 * np.sin(2 * np.pi * t / 168 + 1)
    + 0.4 * np.sign(np.sin(2 * np.pi * t / 12))
    + 0.2 * np.random.randn(len(t))
)
train_part, test_part = series[:2000], series[2000:]
mean, std = train_part.mean(), train_part.std()
WINDOW, AHEAD = 48, 6


def windows(s):
    s = ((s - mean) / std).astype("float32")
    x = np.stack([s[i : i + WINDOW] for i in range(len(s) - WINDOW - AHEAD + 1)])
    y = np.stack([s[i + WINDOW : i + WINDOW + AHEAD] for i in range(len(s) - WINDOW - AHEAD + 1)])
    return torch.from_numpy(x).unsqueeze(-1), torch.from_numpy(y)


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, AHEAD)
        self.highway = nn.Linear(WINDOW, AHEAD)

    def forward(self, x):
        _, h = self.gru(x)
        return self.head(h[-1]) + self.highway(x.squeeze(-1))


accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
model = Forecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
x_test, y_test = windows(test_part)
loader = DataLoader(TensorDataset(*windows(train_part)), batch_size=32, shuffle=True, drop_last=True)
EPOCHS = 10
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
criterion = nn.MSELoss()

for epoch in range(EPOCHS):
    model.train()
    total = 0.0
    for x, y in loader:
        with accelerator.accumulate(model):
            loss = criterion(model(x), y)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        total += loss.item()
    scheduler.step()
    accelerator.print(f"epoch {epoch} mse {total / len(loader):.4f}")

model.eval()
with torch.no_grad():
    pred = model(x_test)
r2 = 1 - ((pred - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
