import os

import numpy as np
import torch
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

x, y = load_digits(return_X_y=True)
shuffle = np.random.permutation(len(x))
x = torch.tensor(x[shuffle] / 16.0, dtype=torch.float32)
y = torch.tensor(y[shuffle])
x_train, y_train, x_test, y_test = x[:1400], y[:1400], x[1400:], y[1400:]

w1 = torch.zeros(64, 50, requires_grad=True)
b1 = torch.zeros(50, requires_grad=True)
w2 = torch.zeros(50, 10, requires_grad=True)
b2 = torch.zeros(10, requires_grad=True)


def forward(inputs):
    hidden = torch.tanh(inputs @ w1 + b1)
    return hidden @ w2 + b2


optimizer = torch.optim.SGD([w1, b1, w2, b2], lr=0.3)
for epoch in range(20):
    order = np.random.permutation(1400)
    for i in range(0, 1400, 35):
        rows = order[i:i + 35]
        loss = torch.nn.functional.cross_entropy(forward(x_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 4 == 0:
        print("epoch %d: loss %.4f" % (epoch, loss.item()))

with torch.no_grad():
    accuracy = (forward(x_test).argmax(1) == y_test).float().mean().item()
print("FINAL accuracy=%.4f" % accuracy)
