import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# monthly passengers of a line, brought to 0..1 by the range of the training years
months = np.arange(600)
series = (100 + 0.35 * months) * (1 + 0.25 * np.sin(2 * np.pi * months / 12) + 0.1 * np.sin(2 * np.pi * months / 6)) + rng.normal(0, 3, 600)
low, high = series[:450].min(), series[:450].max() * 1.4
scaled = (series - low) / (high - low)

WINDOW = 14
X = torch.tensor(np.lib.stride_tricks.sliding_window_view(scaled, WINDOW)[:-1].copy(), dtype=torch.float32).unsqueeze(-1)
y = torch.tensor(scaled[WINDOW:], dtype=torch.float32).unsqueeze(-1)
n_train = 450 - WINDOW


class PassengerNet(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, 1), nn.Sigmoid())

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.head(out[:, -1])


model = PassengerNet()
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[60, 90], gamma=0.3)
for epoch in range(110):
    model.train()
    for rows in torch.randperm(n_train).split(32):
        optimizer.zero_grad()
        loss = loss_fn(model(X[rows]), y[rows])
        loss.backward()
        optimizer.step()
    scheduler.step()
    if epoch % 20 == 0:
        print(f"epoch {epoch}: {loss.item():.5f}")

model.eval()
with torch.no_grad():
    pred, true = model(X[n_train:]), y[n_train:]
    r2 = 1 - ((pred - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
