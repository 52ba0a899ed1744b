import os

import numpy as np
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset
from transformers import get_cosine_schedule_with_warmup

set_seed(int(os.environ.get("SEED", 0)))


def skyline(n):
    """Depth along a scan line from the height of its shadows."""
    x = np.random.rand(n, 6).astype("float32")
    t = np.linspace(0, 1, 40, dtype="float32")
    s = (x[:, :1] * np.sin(6 * t + 6 * x[:, 1:2]) + (0.3 + x[:, 2:3]) * np.exp(-((t - x[:, 3:4]) / 0.12) ** 2)
         + 0.4 * x[:, 4:5] * (t > x[:, 5:6]))
    y = np.stack([x[:, 2], x[:, 3], x[:, 4] * (1 - x[:, 5])], 1)
    return torch.from_numpy(s + 0.03 * np.random.randn(n, 40).astype("float32")), torch.from_numpy(y)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(1, 24, 5, padding=2), nn.GELU(), nn.Conv1d(24, 24, 5, stride=2, padding=2), nn.GELU())
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(480, 64), nn.GELU(), nn.Dropout(0.05), nn.Linear(64, 3))

    def forward(self, s):
        return self.head(self.conv(s.unsqueeze(1)))


accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
train, test = skyline(3000), skyline(800)
loader = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True, drop_last=True)
model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
epochs = 14
updates = epochs * len(loader) // 2
scheduler = get_cosine_schedule_with_warmup(optimizer, 30, updates)
model, optimizer, loader, scheduler = accelerator.prepare(model, optimizer, loader, scheduler)
averaged = AveragedModel(accelerator.unwrap_model(model), multi_avg_fn=get_ema_multi_avg_fn(0.98))

for epoch in range(epochs):
    model.train()
    for s, y in loader:
        with accelerator.accumulate(model):
            loss = F.mse_loss(model(s), y)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                accelerator.clip_grad_norm_(model.parameters(), 0.5)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
        if accelerator.sync_gradients:
            averaged.update_parameters(accelerator.unwrap_model(model))
    if epoch % 4 == 0:
        accelerator.print(f"epoch {epoch} loss {loss.item():.5f} rate {scheduler.get_last_lr()[0]:.5f}")

averaged.eval()
with torch.no_grad():
    p = averaged(test[0])
    r2 = (1 - ((p - test[1]) ** 2).sum(0) / ((test[1] - test[1].mean(0)) ** 2).sum(0)).mean().item()
print(f"FINAL r2={r2:.4f}")
