import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)

# hourly power draw of a building
hours = np.arange(3000)
load = (3.0 + 1.2 * np.sin(2 * np.pi * hours / 24) + 0.8 * np.sin(2 * np.pi * hours / 12 + 0.7)
        + 0.5 * (hours % 168 >= 120) + np.convolve(rng.normal(0, 0.12, 3000), np.ones(3) / 3, mode="same"))
load = (load - load[:2400].mean()) / load[:2400].std()

LOOK_BACK = 30


def create_dataset(series, look_back=LOOK_BACK):
    data_x, data_y = [], []
    for i in range(len(series) - look_back - 1):
        data_x.append(series[i:i + look_back])
        data_y.append(series[i + look_back - 1])
    return torch.tensor(np.array(data_x), dtype=torch.float32).unsqueeze(-1), torch.tensor(np.array(data_y), dtype=torch.float32)


class LoadForecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, 1)

    def forward(self, x):
        _, (h, _) = self.lstm(x)
        return self.linear(h[-1]).squeeze(-1)


train_x, train_y = create_dataset(load[:2400])
model = LoadForecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
mse = nn.MSELoss()
for epoch in range(8):
    losses = []
    for rows in torch.randperm(len(train_x)).split(64):
        optimizer.zero_grad()
        loss = mse(model(train_x[rows]), train_y[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1}: {np.mean(losses):.5f}")

# walk through the last weeks: each hour is forecast from the thirty before it
test = load[2400:]
history = np.lib.stride_tricks.sliding_window_view(test, LOOK_BACK)[:-1]
truth = test[LOOK_BACK:]
with torch.no_grad():
    forecast = model(torch.tensor(history.copy(), dtype=torch.float32).unsqueeze(-1)).numpy()
r2 = 1 - ((forecast - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
print(f"FINAL r2={r2:.4f}")
