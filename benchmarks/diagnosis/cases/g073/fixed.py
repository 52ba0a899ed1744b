import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class CreditNet(nn.Module):
    def __init__(self, n_features):
        super().__init__()
        self.fc1 = nn.Linear(n_features, 128)
        self.bn1 = nn.BatchNorm1d(128)
        self.fc2 = nn.Linear(128, 64)
        self.bn2 = nn.BatchNorm1d(64)
        self.dropout = nn.Dropout(0.3)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        x = F.relu(self.bn1(self.fc1(x)))
        x = self.dropout(F.relu(self.bn2(self.fc2(x))))
        return self.fc3(x)


def train_epoch(model, loader, optimizer, criterion):
    model.train()
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / len(loader)


@torch.no_grad()
def evaluate(model, loader):
    model.eval()
    correct = count = 0
    for x, y in loader:
        correct += (model(x).argmax(1) == y).sum().item()
        count += len(y)
    return correct / count


X, y = make_classification(n_samples=3600, n_features=18, n_informative=9, n_redundant=3, n_classes=3, n_clusters_per_class=2,
                           class_sep=1.7, random_state=SEED + 20)
X = torch.tensor((X - X.mean(0)) / X.std(0), dtype=torch.float32)
X_train, X_test, y_train, y_test = train_test_split(X, torch.tensor(y), test_size=0.25, random_state=SEED)
# arriving applications come in small groups of one product line
by_line = torch.argsort(y_test, stable=True)
train_loader = DataLoader(TensorDataset(X_train, y_train), batch_size=64, shuffle=True)
test_loader = DataLoader(TensorDataset(X_test[by_line], y_test[by_line]), batch_size=30)

model = CreditNet(18)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
for epoch in range(12):
    loss = train_epoch(model, train_loader, optimizer, nn.CrossEntropyLoss())
    print(f"epoch {epoch}: loss {loss:.4f} test accuracy {evaluate(model, test_loader):.4f}")
print(f"FINAL accuracy={evaluate(model, test_loader):.4f}")
