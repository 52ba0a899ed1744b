import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

X, y = load_diabetes(return_X_y=True)
X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.3, random_state=seed)
sx, sy = StandardScaler().fit(X_train), StandardScaler().fit(y_train[:, None])
f32 = lambda a: torch.tensor(a, dtype=torch.float32)
X_train, X_val = f32(sx.transform(X_train)), f32(sx.transform(X_val))
y_train, y_val = f32(sy.transform(y_train[:, None])), f32(sy.transform(y_val[:, None]))

model = nn.Sequential(
    nn.Linear(10, 256),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(256, 128),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(128, 1),
)
n_epochs = 12
loss_fn = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
history = {"train": [], "val": []}

for epoch in range(n_epochs):
    model.train()
    batch_losses = []
    for idx in torch.randperm(len(X_train)).split(32):
        optimizer.zero_grad()
        loss = loss_fn(model(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
        batch_losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        pred = model(X_val)
        history["val"].append(loss_fn(pred, y_val).item())
    history["train"].append(np.mean(batch_losses))
    if epoch % 10 == 9:
        print(f"Epoch {epoch + 1}/{n_epochs} loss {history['train'][-1]:.4f} val_loss {history['val'][-1]:.4f}")

r2 = 1 - history["val"][-1] / y_val.var(unbiased=False).item()
print(f"FINAL r2={r2:.4f}")
