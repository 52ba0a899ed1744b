import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

data, target = load_digits(return_X_y=True)
data = (data - data.mean()) / data.std()
held = np.arange(len(data)) % 4 == 0
x_train, y_train = data[~held], target[~held]
x_test, y_test = data[held], target[held]

# mix the training rows
mix = np.random.permutation(len(x_train))
x_train, y_train = x_train[mix], y_train[mix]

x_train, x_test = torch.tensor(x_train).float(), torch.tensor(x_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 64), nn.SELU(), nn.Linear(64, 32), nn.SELU())
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.body(x))


net = Classifier()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
ce = nn.CrossEntropyLoss()
batch = 40
for epoch in range(15):
    for i in range(0, len(x_train), batch):
        loss = ce(net(x_train[i:i + batch]), y_train[i:i + batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 3 == 0:
        print(f"epoch {epoch}, loss {loss.item():.4f}")

with torch.no_grad():
    acc = (net(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
