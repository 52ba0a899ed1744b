import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, Y = load_digits(return_X_y=True)
X, Y = torch.tensor((X - 4.9) / 6, dtype=torch.float32), torch.tensor(Y)
shuffled = torch.randperm(len(Y))
X, Y = X[shuffled], Y[shuffled]


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.stack = nn.Sequential(nn.Linear(64, 48), nn.LeakyReLU(0.1), nn.Linear(48, 48), nn.LeakyReLU(0.1),
                                   nn.Linear(48, 48), nn.LeakyReLU(0.1), nn.Linear(48, 10))

    def forward(self, x):
        return self.stack(x)


m = Model()
opt = torch.optim.Adam(m.parameters(), lr=0.003)
loss_fn = nn.CrossEntropyLoss()
for it in range(600):
    pick = torch.randint(0, 1400, (32,))
    loss = loss_fn(m(X[pick]), Y[pick])
    opt.zero_grad()
    loss.backward()
    opt.step()
    if it % 100 == 0:
        print("iteration", it, "loss", loss.item())

with torch.no_grad():
    accuracy = (m(X[1400:]).argmax(1) == Y[1400:]).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
