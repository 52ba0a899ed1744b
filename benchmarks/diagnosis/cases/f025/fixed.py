import os

import numpy as np
import torch
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, y = load_diabetes(return_X_y=True)
X = X / X.std(axis=0)
y = (y - y.mean()) / y.std()
X_train, X_test, y_train, y_test = train_test_split(X.astype("float32"), y.astype("float32"), test_size=0.25, random_state=SEED)


class Regressor(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear1 = nn.Linear(10, 32)
        self.linear2 = nn.Linear(32, 1)

    def forward(self, x):
        return self.linear2(torch.relu(self.linear1(x))).squeeze(1)


model = Regressor()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-3)
for epoch in range(60):
    order = np.random.permutation(len(X_train))
    losses = []
    for start in range(0, len(order), 32):
        rows = order[start:start + 32]
        optimizer.zero_grad()
        pred = model(torch.from_numpy(X_train[rows]))
        loss = nn.functional.mse_loss(pred, torch.from_numpy(y_train[rows]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    if epoch % 10 == 0:
        print(f"epoch {epoch}: mse {np.mean(losses):.4f}")

with torch.no_grad():
    pred = model(torch.from_numpy(X_test)).numpy()
r2 = 1 - ((pred - y_test) ** 2).sum() / ((y_test - y_test.mean()) ** 2).sum()
print(f"FINAL r2={r2:.4f}")
