import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_multilabel_classification
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

X, Y = make_multilabel_classification(n_samples=3000, n_features=40, n_classes=10, n_labels=4, length=60,
                                      allow_unlabeled=False, random_state=3)
X = (X - X.mean(0)) / X.std(0)
X_train, X_test, Y_train, Y_test = train_test_split(X, Y, test_size=0.25, random_state=SEED)
train_ds = TensorDataset(torch.tensor(X_train, dtype=torch.float32), torch.tensor(Y_train, dtype=torch.float32))
test_x, test_y = torch.tensor(X_test, dtype=torch.float32), torch.tensor(Y_test)


class TagNet(nn.Module):
    def __init__(self, n_in, n_tags):
        super().__init__()
        self.hidden = nn.Linear(n_in, 96)
        self.drop = nn.Dropout(0.2)
        self.out = nn.Linear(96, n_tags)

    def forward(self, x):
        x = self.drop(torch.relu(self.hidden(x)))
        return torch.sigmoid(self.out(x))


net = TagNet(40, 10)
loss_fn = nn.BCELoss()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
for epoch in range(20):
    net.train()
    total = 0.0
    for xb, yb in DataLoader(train_ds, batch_size=64, shuffle=True):
        optimizer.zero_grad()
        loss = loss_fn(net(xb), yb)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(xb)
    if (epoch + 1) % 4 == 0:
        print(f"epoch {epoch + 1}: {total / len(train_ds):.4f}")

net.eval()
with torch.no_grad():
    pred = (net(test_x) > 0.5).long()
tp = ((pred == 1) & (test_y == 1)).sum().item()
f1 = 2 * tp / max(1, (pred.sum() + test_y.sum()).item())
print("tags per item: predicted %.2f true %.2f" % (pred.sum().item() / len(pred), test_y.sum().item() / len(pred)))
print(f"FINAL f1={f1:.4f}")
