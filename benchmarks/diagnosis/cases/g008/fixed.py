import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

X, y = make_classification(n_samples=3000, n_features=16, n_informative=10, n_classes=5, n_clusters_per_class=1,
                           class_sep=1.4, random_state=SEED)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=SEED, stratify=y)
scaler = StandardScaler().fit(X_train)
X_train = torch.tensor(scaler.transform(X_train), dtype=torch.float32)
X_test = torch.tensor(scaler.transform(X_test), dtype=torch.float32)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(16, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 5)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
batch_size = 32
n_batches = len(X_train) // batch_size

for epoch in range(12):
    epoch_loss = 0.0
    for b in range(n_batches):
        inputs = X_train[b * batch_size:(b + 1) * batch_size]
        labels = y_train[b * batch_size:(b + 1) * batch_size]
        optimizer.zero_grad()
        loss = F.cross_entropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print("Epoch %d loss %.4f" % (epoch, epoch_loss / n_batches))

with torch.no_grad():
    accuracy = (net(X_test).argmax(dim=1) == y_test).float().mean()
print("FINAL accuracy=%.4f" % accuracy)
