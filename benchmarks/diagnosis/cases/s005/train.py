import os
import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.utils.data import TensorDataset, DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

# daily bars of a thinly traded share
days = 2600
state = np.zeros(days)
for t in range(1, days):
    state[t] = 0.9 * state[t - 1] + rng.normal(0, 0.3)
frame = pd.DataFrame({
    "close": 20 + np.cumsum(0.3 * state + rng.normal(0, 0.1, days)) * 0.1 + 60,
    "volume": np.round(np.exp(3 + 0.4 * rng.normal(size=days))),
})
frame.loc[rng.choice(days, 12, replace=False), "volume"] = 0

changes = frame.pct_change().dropna()
changes["close"] *= 50
up = (changes["close"].shift(-1) > 0).astype("int64").values[:-1]
values = changes.values[:-1].astype("float32")

WINDOW = 12
xs = np.stack([values[i:i + WINDOW] for i in range(len(values) - WINDOW)])
ys = up[WINDOW - 1:-1]
cut = 2000
train = TensorDataset(torch.tensor(xs[:cut]), torch.tensor(ys[:cut]))
test_x, test_y = torch.tensor(xs[cut:]), torch.tensor(ys[cut:])


class Direction(nn.Module):
    def __init__(self, hidden=24):
        super().__init__()
        self.rnn = nn.LSTM(2, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2)

    def forward(self, x):
        out, _ = self.rnn(x)
        return self.head(out[:, -1])


model = Direction()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(8):
    losses = []
    for xb, yb in DataLoader(train, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(xb), yb)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1} loss {np.mean(losses):.4f}")

with torch.no_grad():
    logits = model(test_x)
    accuracy = (logits.argmax(1) == test_y).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
