import os
import numpy as np
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(0)


class MyNet(nn.Module):
    def __init__(self, n_in, hidden_sizes, n_out):
        super().__init__()
        self.hidden = []
        last = n_in
        for h in hidden_sizes:
            self.hidden.append(nn.Linear(last, h))
            last = h
        self.out = nn.Linear(last, n_out)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.tanh(layer(x))
        return self.out(x)


# robot arm: joint angles -> position of the hand
theta = np.random.uniform(-1.5, 1.5, (2500, 3))
cum = np.cumsum(theta, axis=1)
pos = np.stack([np.cos(cum).sum(1), np.sin(cum).sum(1)], 1)
x = torch.tensor(theta, dtype=torch.float)
t = torch.tensor(pos, dtype=torch.float)
x_train, t_train = x[:2000], t[:2000]
x_test, t_test = x[2000:], t[2000:]

model = MyNet(3, [20, 20, 20], 2)
loss_fn = nn.MSELoss()
opt = torch.optim.Adam(model.parameters(), lr=0.005)

for epoch in range(40):
    order = torch.randperm(len(x_train))
    for i in range(0, len(order), 100):
        b = order[i:i + 100]
        opt.zero_grad()
        loss = loss_fn(model(x_train[b]), t_train[b])
        loss.backward()
        opt.step()
    if epoch % 5 == 0:
        print("Epoch", epoch, "loss", loss.item())

with torch.no_grad():
    e = ((model(x_test) - t_test) ** 2).sum()
    r2 = 1 - e / ((t_test - t_test.mean(0)) ** 2).sum()
print("FINAL r2=%.4f" % r2.item())
