import os

import torch
import torch.nn as nn
from sklearn.datasets import make_blobs
from sklearn.preprocessing import scale

torch.manual_seed(int(os.environ.get("SEED", 0)))

X, y = make_blobs(n_samples=2400, n_features=13, centers=5, cluster_std=4.2, center_box=(-4, 4), random_state=13)
X = torch.tensor(scale(X), dtype=torch.float32)
y = torch.tensor(y)
X_train, y_train, X_test, y_test = X[:1600], y[:1600], X[1600:], y[1600:]
by_class = y_test.argsort(stable=True)  # the report goes class by class
X_test, y_test = X_test[by_class], y_test[by_class]


class WineNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(13, 64)
        self.bn1 = nn.BatchNorm1d(64)
        self.fc2 = nn.Linear(64, 64)
        self.bn2 = nn.BatchNorm1d(64)
        self.drop = nn.Dropout(0.2)
        self.fc3 = nn.Linear(64, 5)

    def forward(self, x):
        x = torch.relu(self.bn1(self.fc1(x)))
        x = self.drop(torch.relu(self.bn2(self.fc2(x))))
        return self.fc3(x)


model = WineNet()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)


def test():
    model.eval()
    correct, loss = 0, 0.0
    with torch.no_grad():
        for xb, yb in zip(X_test.split(64), y_test.split(64)):
            out = model(xb)
            loss += loss_fn(out, yb).item() * len(xb)
            correct += (out.argmax(1) == yb).sum().item()
    return loss / len(y_test), correct / len(y_test)


for epoch in range(20):
    model.train()
    for idx in torch.randperm(len(X_train)).split(64):
        optimizer.zero_grad()
        loss = loss_fn(model(X_train[idx]), y_train[idx])
        loss.backward()
        optimizer.step()
    test_loss, test_acc = test()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} train loss {loss.item():.3f} test loss {test_loss:.3f} test acc {test_acc:.3f}")
print(f"FINAL accuracy={test()[1]:.4f}")
