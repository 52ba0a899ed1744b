# card fraud, first try with pytorch
import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

n = 9000
y = (np.random.rand(n) < 0.03).astype(int)
amount = np.random.lognormal(3 + 0.9 * y, 1.0)
hour = (np.random.normal(14 - 3 * y, 4.0)) % 24
distance = np.random.lognormal(1 + 0.8 * y, 0.9)
tries = np.random.poisson(1 + 1.2 * y)
age_of_card = np.random.gamma(2.0, 24 - 9 * y)
other = np.random.randn(n, 5)
X = np.column_stack([np.log(amount), hour, np.log(distance), tries, age_of_card, other])
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
scaler = StandardScaler().fit(X_train)
X_train = torch.FloatTensor(scaler.transform(X_train))
X_test = torch.FloatTensor(scaler.transform(X_test))
y_train = torch.FloatTensor(y_train).reshape(-1, 1)

model = nn.Sequential(
    nn.Linear(10, 32),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(32, 16),
    nn.ReLU(),
    nn.Linear(16, 1),
)
loss_fn = nn.BCEWithLogitsLoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)

n_epochs = 12
batch_size = 64
for epoch in range(n_epochs):
    model.train()
    perm = torch.randperm(len(X_train))
    epoch_loss, correct = 0, 0
    for i in range(0, len(X_train), batch_size):
        idx = perm[i:i + batch_size]
        logits = model(X_train[idx])
        loss = loss_fn(logits, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
        correct += ((logits > 0).float() == y_train[idx]).sum().item()
    print("Epoch %d - loss %.4f - acc %.4f" % (epoch + 1, epoch_loss, correct / len(X_train)))

model.eval()
with torch.no_grad():
    pred = (torch.sigmoid(model(X_test)) > 0.5).int().squeeze().numpy()
print(confusion_matrix(y_test, pred))
print("FINAL balanced_accuracy=%.4f" % balanced_accuracy_score(y_test, pred))
