import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)


def buildings(n):
    x = np.random.uniform(-1, 1, size=(n, 8))
    load = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] * 2 - np.abs(x[:, 3]) + 0.5 * x[:, 4] ** 2 + np.cos(2 * x[:, 5] * x[:, 6])
    load = load + 0.1 * np.random.randn(n)
    return torch.from_numpy(x.astype(np.float32)), torch.from_numpy(((load - 0.5) / 1.1).astype(np.float32))


class EnergyNet(nn.Module):
    def __init__(self, sizes=(8, 64, 64, 1)):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.reset()

    def reset(self):
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.xavier_uniform_(p)
            else:
                nn.init.constant_(p, 0.01)

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        return self.layers[-1](x).squeeze(-1)


x_train, y_train = buildings(2500)
x_test, y_test = buildings(600)
net = EnergyNet()
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)

for epoch in range(30):
    perm = torch.randperm(len(x_train))
    losses = []
    for chunk in torch.chunk(perm, 50):
        prediction = net(x_train[chunk])
        loss = torch.mean((prediction - y_train[chunk]) ** 2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 5 == 0:
        print("epoch", epoch, "mse", np.mean(losses))

with torch.no_grad():
    ss = ((net(x_test) - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={1 - ss.item():.4f}")
