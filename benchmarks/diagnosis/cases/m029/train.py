import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import normalize

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = load_wine(return_X_y=True)
X = normalize(X).astype("float32")
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.4, stratify=y, random_state=seed)
X_train, X_test = torch.from_numpy(X_train), torch.from_numpy(X_test)
y_train, y_test = torch.from_numpy(y_train), torch.from_numpy(y_test)


class WineNet(nn.Module):
    def __init__(self):
        super(WineNet, self).__init__()
        self.fc1 = nn.Linear(13, 32)
        self.fc2 = nn.Linear(32, 16)
        self.fc3 = nn.Linear(16, 3)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


net = WineNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
loss_log = []
for epoch in range(60):
    permutation = torch.randperm(X_train.size(0))
    for i in range(0, X_train.size(0), 10):
        indices = permutation[i:i + 10]
        optimizer.zero_grad()
        loss = criterion(net(X_train[indices]), y_train[indices])
        loss.backward()
        optimizer.step()
        loss_log.append(loss.item())
    if epoch % 10 == 0:
        print(f"epoch {epoch}: {np.mean(loss_log[-10:]):.4f}")

with torch.no_grad():
    correct = (net(X_test).argmax(1) == y_test).sum().item()
print(f"FINAL accuracy={correct / len(y_test):.4f}")
