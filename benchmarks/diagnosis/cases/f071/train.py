import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

# plane stress in a beam: load, span, width, height -> log of the deflection
n = 2400
load, span = np.random.uniform(1, 10, n), np.random.uniform(1, 6, n)
width, height = np.random.uniform(0.1, 0.4, n), np.random.uniform(0.1, 0.6, n)
deflection = np.log(load * span ** 3 / (width * height ** 3)) + np.random.normal(0, 0.1, n)
X = np.stack([load, span, width, height], 1)
X = (X - X.mean(0)) / X.std(0)
y = (deflection - deflection.mean()) / deflection.std()
X, y = torch.tensor(X, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
X_train, y_train, X_test, y_test = X[:2000], y[:2000], X[2000:], y[2000:]

LEARNING_RATE = 1.2
model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)


def mean_absolute_and_squared(pred, target):
    diff = pred - target
    return 0.5 * diff.abs().mean() + 0.5 * diff.pow(2).mean()


for epoch in range(12):
    perm = np.random.permutation(2000)
    for start in range(0, 2000, 40):
        rows = perm[start:start + 40]
        prediction = model(X_train[rows])
        loss = mean_absolute_and_squared(prediction, y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 3 == 0:
        print("epoch", epoch, "loss", loss.item())

with torch.no_grad():
    pred = model(X_test).squeeze(1)
print("FINAL r2=%.4f" % (1 - ((pred - y_test) ** 2).mean() / y_test.var()).item())
