import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

# datapoints
X = np.arange(0.0, 5.0, 0.01, dtype="float32").reshape(-1, 1)
y = (5 * np.power(X, 2) + np.power(np.random.randn(500).reshape(-1, 1), 3)).astype("float32")
pick = np.random.permutation(500)
X_train, y_train = torch.from_numpy(X[pick[:400]]), torch.from_numpy(y[pick[:400]])
X_test, y_test = torch.from_numpy(X[pick[400:]]), torch.from_numpy(y[pick[400:]])

# model
model = nn.Sequential(
    nn.Linear(1, 50),
    nn.ReLU(),
    nn.Linear(50, 30),
    nn.ReLU(),
    nn.Linear(30, 1),
)
for p in model[2].parameters():
    nn.init.uniform_(p, -0.05, 0.05)

# training
sgd = torch.optim.SGD(model.parameters(), lr=0.0002)
mse = nn.MSELoss()
for epoch in range(250):
    for i in range(0, 400, 32):
        sgd.zero_grad()
        out = model(X_train[i:i + 32])
        loss = mse(out, y_train[i:i + 32])
        loss.backward()
        sgd.step()
    if epoch % 50 == 0:
        print(epoch, loss.item())

# predictions
with torch.no_grad():
    predictions = model(X_test)
    r2 = 1 - ((predictions - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print("FINAL r2={:.4f}".format(r2.item()))
