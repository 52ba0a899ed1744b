import os
import torch
import torch.nn as nn
import torch.nn.functional as F
import numpy as np

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

# temperature and rain anomaly of tomorrow from the last 7 days (standardised)
n = 2600
noise = np.random.normal(0, 0.35, (n, 2))
w = np.zeros((n, 2))
for t in range(2, n):
    w[t, 0] = 1.2 * w[t - 1, 0] - 0.45 * w[t - 2, 0] - 0.2 * w[t - 1, 1] + noise[t, 0]
    w[t, 1] = 0.7 * w[t - 1, 1] + 0.3 * np.tanh(w[t - 2, 0]) + noise[t, 1]
w = (w - w.mean(0)) / w.std(0)
X = np.stack([w[t:t + 7].ravel() for t in range(n - 7)])
Y = w[7:]
X, Y = torch.Tensor(X), torch.Tensor(Y)
n_train = 2000

class WeatherNet(nn.Module):
    def __init__(self):
        super(WeatherNet, self).__init__()
        self.l1 = nn.Linear(14, 64)
        self.l2 = nn.Linear(64, 32)
        self.l3 = nn.Linear(32, 2)

    def forward(self, x):
        x = F.relu(self.l1(x))
        x = F.relu(self.l2(x))
        x = F.relu(self.l3(x))
        return x

net = WeatherNet()
optim = torch.optim.RMSprop(net.parameters(), lr=0.001)
lossfunc = nn.MSELoss()
for epoch in range(15):
    ix = np.random.permutation(n_train)
    l = 0
    for k in range(0, n_train, 40):
        b = ix[k:k + 40]
        out = net(X[b])
        loss = lossfunc(out, Y[b])
        net.zero_grad()
        loss.backward()
        optim.step()
        l += float(loss)
    print("epoch %d, loss %.4f" % (epoch, l / (n_train / 40)))

with torch.no_grad():
    o = net(X[n_train:])
    t = Y[n_train:]
    r2 = 1 - ((o - t) ** 2).sum() / ((t - t.mean(0)) ** 2).sum()
print("FINAL r2=%.4f" % float(r2))
