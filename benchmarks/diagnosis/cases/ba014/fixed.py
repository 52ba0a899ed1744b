import os
import numpy as np
import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import load_digits

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

data, target = load_digits(return_X_y=True)
data = data / 16.0
perm = np.random.permutation(len(data))
data, target = data[perm], target[perm]
x_train = torch.from_numpy(data[:1400]).float()
y_train = torch.from_numpy(target[:1400]).long()
x_test = torch.from_numpy(data[1400:]).float()
y_test = torch.from_numpy(target[1400:]).long()


class NeuralNet(nn.Module):
    def __init__(self, sizes):
        super(NeuralNet, self).__init__()
        act = nn.ReLU()
        layers = []
        for i in range(len(sizes) - 2):
            layers.append(nn.Linear(sizes[i], sizes[i + 1]))
            layers.append(act)
        layers.append(nn.Linear(sizes[-2], sizes[-1]))
        self.net = nn.Sequential(*layers)

    def forward(self, x):
        return self.net(x)


model = NeuralNet([64, 100, 100, 80, 80, 60, 10])
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
batch = 20

for e in range(25):
    p = torch.randperm(1400)
    epoch_loss = 0.0
    for b in range(0, 1400, batch):
        i = p[b:b + batch]
        optimizer.zero_grad()
        loss = criterion(model(x_train[i]), y_train[i])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print("epoch", e, "loss", round(epoch_loss / (1400 / batch), 4))

model.eval()
acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
