import copy
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = load_breast_cancer(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=6)
X_fit, X_val, y_fit, y_val = train_test_split(X_rest, y_rest, test_size=0.25, stratify=y_rest, random_state=6)
scaler = StandardScaler().fit(X_fit)
X_fit, X_val, X_test = (torch.tensor(scaler.transform(a)).float() for a in (X_fit, X_val, X_test))
y_fit, y_val, y_test = (torch.tensor(a).float() for a in (y_fit, y_val, y_test))


class EarlyStopping:
    def __init__(self, patience):
        self.patience, self.best, self.waited, self.state = patience, float("inf"), 0, None

    def __call__(self, value, model):
        if value < self.best:
            self.best, self.waited, self.state = value, 0, copy.deepcopy(model.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(30, 64)
        self.hidden2 = nn.Linear(64, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        return self.out(F.relu(self.hidden2(F.relu(self.hidden(x))))).squeeze(1)


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
stopper = EarlyStopping(patience=30)
for epoch in range(300):
    model.train()
    for idx in torch.randperm(len(X_fit)).split(16):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(X_fit[idx]), y_fit[idx])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        val_loss = F.binary_cross_entropy_with_logits(model(X_val), y_val).item()
        fit_loss = F.binary_cross_entropy_with_logits(model(X_fit), y_fit).item()
    if epoch % 5 == 0:
        print(f"epoch {epoch:3d}: fit {fit_loss:.5f}, validation {val_loss:.5f}")
    if stopper(val_loss, model):
        print(f"no better for {stopper.patience} epochs, back to {stopper.best:.5f}")
        break

model.load_state_dict(stopper.state)
with torch.no_grad():
    accuracy = ((model(X_test) > 0) == (y_test > 0.5)).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
