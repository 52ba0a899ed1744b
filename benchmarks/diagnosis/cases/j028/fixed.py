import os

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn import datasets
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))


class DigitMLP(nn.Module):
    def __init__(self):
        super(DigitMLP, self).__init__()
        self.fc1 = nn.Linear(64, 128)
        self.fc2 = nn.Linear(128, 96)
        self.fc3 = nn.Linear(96, 48)
        self.fc4 = nn.Linear(48, 10)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = F.relu(self.fc3(x))
        return self.fc4(x)


def weights_init(m):
    if isinstance(m, nn.Linear):
        nn.init.kaiming_uniform_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)


digits = datasets.load_digits()
features = (digits.data - digits.data.mean()) / digits.data.std()
X_train, X_test, y_train, y_test = train_test_split(features, digits.target, test_size=0.3, random_state=1, stratify=digits.target)
X_train, X_test = torch.FloatTensor(X_train), torch.FloatTensor(X_test)
y_train, y_test = torch.LongTensor(y_train), torch.LongTensor(y_test)

model = DigitMLP()
model.apply(weights_init)
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

batch_size = 40
for epoch in range(20):
    model.train()
    permutation = torch.randperm(X_train.size(0))
    for i in range(0, X_train.size(0), batch_size):
        indices = permutation[i:i + batch_size]
        output = model(X_train[indices])
        loss = criterion(output, y_train[indices])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 2 == 0:
        print("Epoch: {} Loss: {:.4f}".format(epoch + 1, loss.item()))

model.eval()
with torch.no_grad():
    accuracy = (model(X_test).argmax(dim=1) == y_test).float().mean()
print("FINAL accuracy={:.4f}".format(accuracy.item()))
