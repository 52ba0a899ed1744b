import os
import numpy as np
import torch
from torch import nn
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

iris = load_iris()
X, y = iris["data"], iris["target"]
names = iris["target_names"]

# bring every column to mean 0 and variance 1
scaler = StandardScaler()
X_scaled = scaler.fit_transform(X)
X_train, X_test, y_train, y_test = train_test_split(X_scaled, y, test_size=0.5, random_state=seed)

n_features, n_classes = X.shape[1], len(names)
print(f"{n_features} features, {n_classes} classes")

# split into training and testing
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=seed)
X_train, X_test = (torch.as_tensor(a, dtype=torch.float32) for a in (X_train, X_test))
y_train, y_test = torch.as_tensor(y_train), torch.as_tensor(y_test)


class IrisNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(n_features, 4)
        self.l2 = nn.Linear(4, n_classes)
        for layer in (self.l1, self.l2):
            nn.init.normal_(layer.weight, std=0.05)
            nn.init.zeros_(layer.bias)
        self.relu, self.sigmoid = nn.ReLU(), nn.Sigmoid()

    def forward(self, x):
        return self.sigmoid(self.l2(self.relu(self.l1(x))))


model = IrisNet()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
loss_function = nn.CrossEntropyLoss()
for epoch in range(1, 101):
    for rows in torch.randperm(len(X_train)).split(5):
        loss = loss_function(model(X_train[rows]), y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if epoch % 25 == 0:
        print(f"epoch {epoch}: last loss {loss.item():.3f}")

with torch.no_grad():
    accuracy = (model(X_test).argmax(dim=1) == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
