import os
import numpy as np
import torch
from torch import nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)

x = rng.uniform(-100, 100, size=(2000, 1)).astype(np.float32)
y = (x ** 4 / 1e8).astype(np.float32)
x_train, y_train = torch.from_numpy(x[:1600]), torch.from_numpy(y[:1600])
x_test, y_test = torch.from_numpy(x[1600:]), torch.from_numpy(y[1600:])


class Power(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(1, 50)
        self.l2 = nn.Linear(50, 50)
        self.out = nn.Linear(50, 1)

    def forward(self, x):
        x = torch.sigmoid(self.l1(x))
        x = nn.functional.elu(self.l2(x))
        return self.out(x)


net = Power()
opt = torch.optim.Adam(net.parameters(), lr=5e-3)
mse = nn.MSELoss()
history = []
for epoch in range(120):
    perm = torch.randperm(len(x_train))
    for i in range(0, len(perm), 100):
        idx = perm[i:i + 100]
        loss = mse(net(x_train[idx]), y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    history.append(loss.item())
    if epoch % 20 == 0:
        print(f"{epoch:4d} loss {loss.item():.6g}")

with torch.no_grad():
    residual = ((net(x_test) - y_test) ** 2).sum()
    spread = ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={1 - (residual / spread).item():.4f}")
