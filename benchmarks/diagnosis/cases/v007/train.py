import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(n_samples=9000, n_features=20, n_informative=8, n_redundant=4, n_clusters_per_class=2,
                           weights=[0.95], class_sep=1.8, flip_y=0.0, random_state=SEED)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=SEED)
mean, std = X_train.mean(0), X_train.std(0)
to = lambda a: torch.tensor((a - mean) / std, dtype=torch.float32)
train_ds = TensorDataset(to(X_train), torch.tensor(y_train, dtype=torch.float32))
print("positives in training: %.3f" % y_train.mean())


class FraudNet(nn.Module):
    def __init__(self, n_in):
        super().__init__()
        self.layer_1 = nn.Linear(n_in, 64)
        self.layer_2 = nn.Linear(64, 32)
        self.layer_out = nn.Linear(32, 1)
        self.dropout = nn.Dropout(p=0.1)

    def forward(self, x):
        x = torch.relu(self.layer_1(x))
        x = self.dropout(torch.relu(self.layer_2(x)))
        return self.layer_out(x)


model = FraudNet(20)
pos_weight = torch.tensor([(y_train == 0).sum() / (y_train == 1).sum()], dtype=torch.float32)
criterion = nn.BCEWithLogitsLoss(pos_weight=pos_weight)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
loader = DataLoader(train_ds, batch_size=128, shuffle=True)

for e in range(1, 26):
    model.train()
    epoch_loss = 0
    for xb, yb in loader:
        optimizer.zero_grad()
        loss = criterion(model(xb), yb.unsqueeze(1))
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    if e % 5 == 0:
        model.eval()
        with torch.no_grad():
            pred = (model(to(X_test)) > 0).int().numpy().ravel()
        print(f"Epoch {e:03}: loss {epoch_loss / len(loader):.5f} | balanced acc {balanced_accuracy_score(y_test, pred):.3f}")

print(f"FINAL accuracy={balanced_accuracy_score(y_test, pred):.4f}")
