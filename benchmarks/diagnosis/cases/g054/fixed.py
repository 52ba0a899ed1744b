import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.metrics import r2_score

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = load_diabetes(return_X_y=True)
X = X / X.std(0)
y = (y - y.mean()) / y.std()
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=SEED)
X_train, X_test = torch.FloatTensor(X_train), torch.FloatTensor(X_test)
y_train, y_test = torch.FloatTensor(y_train)[:, None], torch.FloatTensor(y_test)[:, None]

n_epochs = 11
batch_size = 32
model = nn.Sequential(
    nn.Linear(10, 256),
    nn.ReLU(),
    nn.Linear(256, 256),
    nn.ReLU(),
    nn.Linear(256, 1),
)
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

for epoch in range(n_epochs):
    model.train()
    order = np.random.RandomState(epoch + 1000 * SEED).permutation(len(X_train))
    epoch_loss = 0.0
    for start in range(0, len(order), batch_size):
        rows = order[start:start + batch_size]
        pred = model(X_train[rows])
        loss = loss_fn(pred, y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * len(rows)
    if epoch % 10 == 0 or epoch == n_epochs - 1:
        model.eval()
        with torch.no_grad():
            test_loss = loss_fn(model(X_test), y_test).item()
        print(f"epoch {epoch}, mse {epoch_loss / len(order):.4f}, test mse {test_loss:.4f}")

model.eval()
with torch.no_grad():
    print(f"FINAL r2={r2_score(y_test.numpy(), model(X_test).numpy()):.4f}")
