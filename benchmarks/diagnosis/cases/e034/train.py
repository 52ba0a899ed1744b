import os

import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def mackey_glass(n, tau=17):
    x = list(0.9 + 0.4 * torch.rand(tau + 1))
    x = [float(v) for v in x]
    for _ in range(n + 200):
        x.append(x[-1] + 0.2 * x[-1 - tau] / (1 + x[-1 - tau] ** 10) - 0.1 * x[-1])
    return np.array(x[-n:], dtype=np.float32)


class EchoState(nn.Module):
    def __init__(self, units=200, radius=0.9):
        super().__init__()
        w = torch.randn(units, units) * (torch.rand(units, units) < 0.1)
        w = w * radius / torch.linalg.eigvals(w).abs().max()
        self.recurrent = nn.Parameter(w, requires_grad=False)
        self.feed = nn.Parameter(torch.rand(units, 2) - 0.5, requires_grad=False)
        self.readout = nn.Linear(units, 1)

    @torch.no_grad()
    def states(self, series):
        h = torch.zeros(len(self.recurrent))
        out = []
        for value in series:
            h = torch.tanh(self.recurrent @ h + self.feed @ torch.stack([value, torch.ones(())]))
            out.append(h)
        return torch.stack(out)

    def forward(self, states):
        return self.readout(states).squeeze(-1)


series = torch.from_numpy(mackey_glass(3000))
series = (series - series.mean()) / series.std()
ahead = 3
net = EchoState()
states = net.states(series[:-ahead])[100:]
target = series[ahead:][100:]
train_s, train_t, test_s, test_t = states[:2000], target[:2000], states[2000:], target[2000:]

optimizer = torch.optim.Adam(net.readout.parameters(), lr=3e-3)
for epoch in range(60):
    for rows in torch.randperm(len(train_s)).split(50):
        loss = nn.functional.mse_loss(net(train_s[rows]), train_t[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 15 == 0:
        print(f"epoch {epoch} mse {loss.item():.5f}")

with torch.no_grad():
    err = (net(test_s) - test_t).pow(2).mean() / test_t.var()
print(f"FINAL r2={1 - err.item():.4f}")
