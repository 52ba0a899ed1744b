import os

import torch
import torch.nn as nn
import torch.optim as optim
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(2, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 1)

    def forward(self, x):
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return torch.sigmoid(self.fc3(x))


def run_epoch(model, X, y, criterion, optimizer, batch_size=40):
    model.train()
    running = 0.0
    for idx in torch.randperm(X.size(0)).split(batch_size):
        optimizer.zero_grad()
        output = model(X[idx])
        loss = criterion(output, y[idx])
        loss.backward()
        optimizer.step()
        running += loss.item() * idx.numel()
    return running / X.size(0)


def accuracy(model, X, y):
    model.eval()
    with torch.no_grad():
        return ((model(X) > 0.5).float() == y).float().mean().item()


if __name__ == "__main__":
    X, y = make_moons(3000, noise=0.12, random_state=SEED)
    X = (X - X.mean(0)) / X.std(0)
    parts = train_test_split(X, y, test_size=1000, random_state=SEED)
    X_train, X_test = (torch.tensor(p, dtype=torch.float32) for p in parts[:2])
    y_train, y_test = (torch.tensor(p, dtype=torch.float32).unsqueeze(1) for p in parts[2:])
    model = Classifier()
    criterion = nn.BCELoss()
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(20):
        loss = run_epoch(model, X_train, y_train, criterion, optimizer)
        if epoch % 4 == 0:
            print(f"epoch {epoch:2d} bce {loss:.4f} train acc {accuracy(model, X_train, y_train):.3f}")
    print(f"FINAL accuracy={accuracy(model, X_test, y_test):.4f}")
