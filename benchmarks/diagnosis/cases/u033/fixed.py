# %% imports
import os
import numpy as np
import torch
from torch import nn
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

# %% payments
X, y = make_classification(n_samples=12000, n_features=18, n_informative=8, n_redundant=2, n_clusters_per_class=2,
                           weights=[0.98], flip_y=0.004, class_sep=0.7, random_state=8)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
sc = StandardScaler().fit(X_train)
X_train = torch.tensor(sc.transform(X_train), dtype=torch.float32)
X_test = torch.tensor(sc.transform(X_test), dtype=torch.float32)
y_train = torch.tensor(y_train, dtype=torch.float32).reshape(-1, 1)
print("fraction of fraud", y_train.mean().item())

# %% network
net = nn.Sequential(
    nn.Linear(18, 32), nn.ReLU(),
    nn.Linear(32, 16), nn.ReLU(),
    nn.Linear(16, 1),
)
criterion = nn.BCEWithLogitsLoss(pos_weight=(1 - y_train).sum() / y_train.sum())
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)

# %% training
batch_size = 128
for epoch in range(10):
    perm = torch.randperm(len(X_train))
    epoch_loss = 0.0
    for start in range(0, len(X_train), batch_size):
        rows = perm[start:start + batch_size]
        optimizer.zero_grad()
        loss = criterion(net(X_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item() * len(rows)
    print("epoch", epoch, "loss", round(epoch_loss / len(X_train), 4))

# %% report
with torch.no_grad():
    y_hat = (torch.sigmoid(net(X_test)) > 0.5).int().numpy().ravel()
print(confusion_matrix(y_test, y_hat))
print("accuracy", accuracy_score(y_test, y_hat))
print("FINAL balanced_accuracy=%.4f" % balanced_accuracy_score(y_test, y_hat))
