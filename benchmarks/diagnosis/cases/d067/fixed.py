import os

import torch
import torch.nn as nn
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class WineNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(13)
        self.fc1 = nn.Linear(13, 32)
        self.drop = nn.Dropout(0.2)
        self.fc2 = nn.Linear(32, 3)

    def forward(self, x):
        x = torch.relu(self.fc1(self.norm(x)))
        return self.fc2(self.drop(x))


def score(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


X, y = load_wine(return_X_y=True)
a, b, c, d = train_test_split(X, y, test_size=0.35, stratify=y, random_state=6)
x_train, x_test = torch.tensor(a).float(), torch.tensor(b).float()
y_train, y_test = torch.tensor(c), torch.tensor(d)

model = WineNet()
print("before training:", round(score(model, x_test, y_test), 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
criterion = nn.CrossEntropyLoss()
for epoch in range(40):
    model.train()
    for rows in torch.randperm(len(x_train)).split(23):
        optimizer.zero_grad()
        loss = criterion(model(x_train[rows]), y_train[rows])
        loss.backward()
        optimizer.step()
    if epoch % 8 == 0:
        print(f"epoch {epoch} loss {loss.item():.4f}")

print(f"FINAL accuracy={score(model, x_test, y_test):.4f}")
