import os

import torch
import torch.nn as nn
from sklearn.datasets import make_friedman2
from sklearn.preprocessing import StandardScaler

torch.manual_seed(int(os.environ.get("SEED", 0)))


class FLAGS:
    learning_rate = 2e-3
    keep_prob = 0.9
    units = 80
    steps = 900
    batch = 64


class Net(nn.Module):
    """Port of an old graph-mode model."""

    def __init__(self, n_in):
        super().__init__()
        self.dense1 = nn.Linear(n_in, FLAGS.units)
        self.drop1 = nn.Dropout(1 - FLAGS.keep_prob)
        self.dense2 = nn.Linear(FLAGS.units, FLAGS.units)
        self.drop2 = nn.Dropout(1 - FLAGS.keep_prob)
        self.logits = nn.Linear(FLAGS.units, 1)

    def forward(self, x):
        x = self.drop1(torch.relu(self.dense1(x)))
        x = self.drop2(torch.relu(self.dense2(x)))
        return self.logits(x)


def next_batch(X, y, n):
    pick = torch.randint(0, len(X), (n,))
    return X[pick], y[pick]


X, y = make_friedman2(2500, noise=40.0, random_state=12)
X = torch.tensor(StandardScaler().fit_transform(X), dtype=torch.float32)
y = torch.tensor(StandardScaler().fit_transform(y[:, None]), dtype=torch.float32)
X_train, y_train, X_test, y_test = X[:2000], y[:2000], X[2000:], y[2000:]

net = Net(X.shape[1])
train_op = torch.optim.Adam(net.parameters(), lr=FLAGS.learning_rate)
for step in range(1, FLAGS.steps + 1):
    net.train()
    xb, yb = next_batch(X_train, y_train, FLAGS.batch)
    cost = nn.functional.mse_loss(net(xb), yb)
    train_op.zero_grad()
    cost.backward()
    train_op.step()
    if step % 100 == 0:
        net.eval()
        with torch.no_grad():
            test_cost = nn.functional.mse_loss(net(X_test), y_test).item()
        print(f"step {step} train cost {cost.item():.4f} test cost {test_cost:.4f}")

net.eval()
with torch.no_grad():
    r2 = 1 - (net(X_test) - y_test).pow(2).sum() / (y_test - y_test.mean()).pow(2).sum()
print(f"FINAL r2={r2.item():.4f}")
