import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

data = load_breast_cancer()
order = np.random.permutation(len(data.target))
X, y = data.data[order], data.target[order]
split = 400
scaler = StandardScaler().fit(X[:split])
X_train = torch.tensor(scaler.transform(X[:split]), dtype=torch.float32)
X_test = torch.tensor(scaler.transform(X[split:]), dtype=torch.float32)
y_train = torch.tensor(y[:split], dtype=torch.float32)
y_test = torch.tensor(y[split:], dtype=torch.float32)

batch_size = 20
feature_loader = DataLoader(X_train, batch_size=batch_size, shuffle=True)
target_loader = DataLoader(y_train, batch_size=batch_size, shuffle=True)

model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
loss_function = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

for epoch in range(60):
    epoch_loss = 0
    for xb, yb in zip(feature_loader, target_loader):
        optimizer.zero_grad()
        output = model(xb)
        loss = loss_function(output, yb.unsqueeze(1))
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if epoch % 10 == 0:
        print("Epoch", epoch, "Loss", epoch_loss / len(target_loader))

with torch.no_grad():
    accuracy = ((model(X_test).squeeze(1) > 0).float() == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
