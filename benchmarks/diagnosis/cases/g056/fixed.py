import os
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(n_samples=4000, n_features=20, n_informative=10, n_redundant=0, n_classes=4,
                           n_clusters_per_class=3, class_sep=1.4, random_state=11 + SEED)
X = (X - X.mean(axis=0)) / X.std(axis=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=SEED)
X_train = torch.as_tensor(X_train, dtype=torch.float32)
X_test = torch.as_tensor(X_test, dtype=torch.float32)
y_train, y_test = torch.as_tensor(y_train), torch.as_tensor(y_test)

model = nn.Sequential()
model.add_module("dense1", nn.Linear(20, 128))
model.add_module("relu1", nn.ReLU())
model.add_module("dense2", nn.Linear(128, 64))
model.add_module("relu2", nn.ReLU())
model.add_module("dense3", nn.Linear(64, 4))

criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0, rho=0.95)

batch = 32
for epoch in range(20):
    indices = torch.randperm(X_train.shape[0])
    hits, total_loss = 0, 0.0
    for i in range(0, X_train.shape[0], batch):
        rows = indices[i:i + batch]
        scores = model(X_train[rows])
        loss = criterion(scores, y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        hits += (scores.argmax(dim=1) == y_train[rows]).sum().item()
        total_loss += loss.item() * len(rows)
    print("epoch %d loss %.4f acc %.4f" % (epoch + 1, total_loss / len(X_train), hits / len(X_train)))

with torch.no_grad():
    acc = (model(X_test).argmax(dim=1) == y_test).float().mean()
print("FINAL accuracy=%.4f" % acc.item())
