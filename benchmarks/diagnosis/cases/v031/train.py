import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get('SEED', 0))
np.random.seed(seed)
torch.manual_seed(seed)

# hourly electricity-like series: daily + weekly rhythm, slow trend, noise
t = np.arange(24 * 7 * 14)
load = 50 + 12 * np.sin(2 * np.pi * t / 24) + 6 * np.sin(2 * np.pi * t / 168 + 1) + 0.004 * t
load = load + 1.5 * np.random.randn(len(t))

split = int(len(load) * 0.8)
mean, std = load[:split].mean(), load[:split].std()
series = torch.tensor((load - mean) / std, dtype=torch.float32)

lookback, horizon = 36, 6


def windows(s):
    xs = s.unfold(0, lookback + horizon, 1)
    return xs[:, :lookback].unsqueeze(-1), xs[:, lookback:]


x_train, y_train = windows(series[:split])
x_test, y_test = windows(series[split - lookback:])
train_ds = torch.utils.data.TensorDataset(x_train, y_train)
train_dl = torch.utils.data.DataLoader(train_ds, batch_size=64, shuffle=True)


class LSTMForecaster(nn.Module):
    def __init__(self, hidden_size=24):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, horizon)

    def forward(self, x):
        out, (h, c) = self.lstm(x)
        return self.fc(out[:, -1])


model = LSTMForecaster()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
loss_fn = nn.MSELoss()

for epoch in range(12):
    model.train()
    train_loss = 0
    for xb, yb in train_dl:
        pred = model(xb)
        loss = loss_fn(pred, yb)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        train_loss += loss.item() * xb.size(0)
    model.eval()
    with torch.no_grad():
        pred = model(x_test)
        test_loss = loss_fn(pred, y_test).item()
    scheduler.step(train_loss / len(train_ds))
    print('Epoch %d, train MSE %.4f, test MSE %.4f' % (epoch + 1, train_loss / len(train_ds), test_loss))

r2 = 1 - test_loss / y_test.var().item()
print('FINAL r2=%.4f' % r2)
