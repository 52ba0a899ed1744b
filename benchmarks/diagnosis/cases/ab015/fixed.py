import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

# hourly electricity load in MW: daily and weekly rhythm, drift, noise
t = np.arange(24 * 120)
load = 21500 + 3200 * np.sin(2 * np.pi * t / 24) + 1400 * np.sin(2 * np.pi * t / 168 + 1) + 900 * np.sin(t / 300)
load = (load + 350 * np.random.randn(len(t))).astype(np.float32)

n_train = 24 * 90
low, high = load[:n_train].min(), load[:n_train].max()
scaled = (load - low) / (high - low)

look_back = 30


def windows(series, values):
    X, Y = [], []
    for i in range(len(series) - look_back):
        X.append(series[i:i + look_back])
        Y.append(values[i + look_back])
    return torch.tensor(np.array(X))[..., None], torch.tensor(np.array(Y))[:, None]


trainX, trainY = windows(scaled[:n_train], scaled[:n_train])
testX, testY = windows(scaled[n_train:], scaled[n_train:])


class LSTM(nn.Module):
    def __init__(self, hidden_size=32):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):
        out, (h, c) = self.lstm(x)
        return self.fc(h[-1])


model = LSTM()
criterion = torch.nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(12):
    losses = []
    for idx in torch.randperm(len(trainX)).split(64):
        loss = criterion(model(trainX[idx]), trainY[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print("Epoch: %d, loss: %1.5f" % (epoch, np.mean(losses)))

with torch.no_grad():
    pred = model(testX)
print("first predictions", pred[:4, 0].tolist(), "truth", testY[:4, 0].tolist())
r2 = 1 - ((pred - testY) ** 2).sum().item() / ((testY - testY.mean()) ** 2).sum().item()
print(f"FINAL r2={r2:.4f}")
