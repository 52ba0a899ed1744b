import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_moons

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

# three pairs of moons next to each other: six classes
parts = [make_moons(600, noise=0.12, random_state=SEED + k) for k in range(3)]
X = np.concatenate([p + np.array([3.2 * (k - 1), 0.6 * k]) for k, (p, _) in enumerate(parts)])
y = np.concatenate([2 * k + c for k, (_, c) in enumerate(parts)])
order = np.random.RandomState(SEED).permutation(len(X))
X = torch.tensor(((X - X.mean(0)) / X.std(0))[order], dtype=torch.float32)
y = torch.tensor(y[order])
X_train, X_test, y_train, y_test = X[:1300], X[1300:], y[:1300], y[1300:]


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(2, 40)
        self.hidden2 = nn.Linear(40, 40)
        self.out = nn.Linear(40, 6)

    def forward(self, x):
        x = torch.tanh(self.hidden1(x))
        x = torch.tanh(self.hidden2(x))
        return self.out(x)


def init_params(m):
    if isinstance(m, nn.Linear):
        nn.init.xavier_uniform_(m.weight)
        m.bias.data.zero_()


net = MLP()
net.apply(init_params)
print(net)
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
loss_func = nn.CrossEntropyLoss()

for t in range(60):
    for idx in torch.randperm(len(X_train)).split(64):
        loss = loss_func(net(X_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if t % 10 == 9:
        with torch.no_grad():
            acc = (net(X_test).argmax(1) == y_test).float().mean().item()
        print(t + 1, "loss=%.4f" % loss.item(), "accuracy=%.3f" % acc)

print("FINAL accuracy=%.4f" % acc)
