import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

np.random.seed(int(os.environ.get("SEED", 0)))
torch.manual_seed(int(os.environ.get("SEED", 0)))


class Preprocessor:
    def __init__(self):
        self.scaler = StandardScaler()

    def fit(self, X):
        self.scaler.fit(X)
        return self

    def apply(self, X):
        X = X.astype("float64")
        X = self.scaler.transform(X)
        return torch.from_numpy(X).float()


X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y)
prep = Preprocessor().fit(X_train)
X_train, X_test = prep.apply(X_train), prep.apply(X_test)
y_train = torch.from_numpy(y_train).float().unsqueeze(1)
y_test = torch.from_numpy(y_test).float().unsqueeze(1)


class BinaryClassification(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer_1 = nn.Linear(30, 64)
        self.layer_2 = nn.Linear(64, 32)
        self.layer_out = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.tanh(self.layer_1(x))
        x = torch.tanh(self.layer_2(x))
        return self.layer_out(x)


model = BinaryClassification()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)


def binary_acc(logits, target):
    return ((logits > 0).float() == target).float().mean().item()


for e in range(1, 41):
    model.train()
    perm = torch.randperm(len(X_train))
    for i in range(0, len(perm), 32):
        idx = perm[i:i + 32]
        optimizer.zero_grad()
        loss = criterion(model(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
    if e % 5 == 0:
        print(f"Epoch {e:03d}: | Loss: {loss.item():.5f} | Acc: {binary_acc(model(X_train), y_train):.3f}")

model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={binary_acc(model(X_test), y_test):.4f}")
