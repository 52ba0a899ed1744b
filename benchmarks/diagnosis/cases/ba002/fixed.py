import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

# hourly consumption: noise driven load that depends on what happened during the last hours
N = 1600
temp = np.random.randn(N)
load = np.convolve(temp, np.ones(8) / np.sqrt(8), mode="full")[:N]
load = load + 0.1 * np.random.randn(N)
series = temp.astype("float32")

look_back = 12


def create_sequences(inputs, outputs, look_back):
    xs, ys = [], []
    for i in range(len(inputs) - look_back):
        xs.append(inputs[i:i + look_back])
        ys.append(outputs[i + look_back - 1])
    return np.array(xs)[..., None], np.array(ys, dtype="float32")[:, None]


X, Y = create_sequences(series, load, look_back)
split = int(0.8 * len(X))
trainX, trainY = torch.Tensor(X[:split]), torch.Tensor(Y[:split])
testX, testY = torch.Tensor(X[split:]), torch.Tensor(Y[split:])


class LSTM(nn.Module):
    def __init__(self, input_size=1, hidden_size=32, num_layers=1):
        super(LSTM, self).__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):
        h_0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        c_0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        out, _ = self.lstm(x, (h_0, c_0))
        return self.fc(out[:, -1, :])


lstm = LSTM()
criterion = torch.nn.MSELoss()
optimizer = torch.optim.Adam(lstm.parameters(), lr=0.005)
batch_size = 64

for epoch in range(15):
    perm = torch.randperm(len(trainX))
    total = 0
    for i in range(0, len(trainX), batch_size):
        idx = perm[i:i + batch_size]
        outputs = lstm(trainX[idx])
        optimizer.zero_grad()
        loss = criterion(outputs, trainY[idx])
        loss.backward()
        optimizer.step()
        total += loss.item() * len(idx)
    print("Epoch: %d, loss: %1.5f" % (epoch, total / len(trainX)))

lstm.eval()
with torch.no_grad():
    pred = lstm(testX)
print("std of prediction", pred.std().item(), "std of target", testY.std().item())
r2 = 1 - ((pred - testY) ** 2).sum() / ((testY - testY.mean()) ** 2).sum()
print(f"FINAL r2={r2.item():.4f}")
