import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def make_series(n, steps=40):
    t = np.arange(steps)
    freq = np.random.uniform(0.1, 0.6, n)
    phase = np.random.uniform(0, 6.28, n)
    amp = np.random.uniform(0.5, 1.5, n)
    x = amp[:, None] * np.sin(freq[:, None] * t + phase[:, None]) + 0.1 * np.random.randn(n, steps)
    y = (freq - 0.35) / 0.144
    return torch.tensor(x, dtype=torch.float32).unsqueeze(-1), torch.tensor(y, dtype=torch.float32)


class Estimator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, 7)
        self.conv2 = nn.Conv1d(16, 32, 7)
        self.fc1 = nn.Linear(32, 32)
        self.fc2 = nn.Linear(32, 1)

    def forward(self, x):
        h = torch.relu(self.conv1(x.transpose(1, 2)))
        h = torch.relu(self.conv2(h)).mean(-1)
        return self.fc2(torch.relu(self.fc1(h))).squeeze(1)


x, y = make_series(1600)
x_test, y_test = make_series(500)
model = Estimator()
clip_value = 2e-5
for p in model.parameters():
    p.register_hook(lambda grad: torch.clamp(grad, -clip_value, clip_value))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
criterion = nn.MSELoss()

for epoch in range(20):
    losses = []
    for idx in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        loss = criterion(model(x[idx]), y[idx])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    print("epoch %2d  loss %.4f" % (epoch, np.mean(losses)))

with torch.no_grad():
    err = ((model(x_test) - y_test) ** 2).mean() / y_test.var()
print("FINAL r2=%.4f" % (1 - err.item()))
