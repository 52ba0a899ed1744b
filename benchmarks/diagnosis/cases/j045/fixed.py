import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
LATENT = 32


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.inp = nn.Linear(64, 128)
        self.squeeze = nn.Linear(128, LATENT)
        self.expand = nn.Linear(LATENT, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.relu(self.inp(x))
        x = torch.tanh(self.squeeze(x))
        x = torch.relu(self.expand(x))
        return self.out(x)


def loaders(batch):
    X, y = load_digits(return_X_y=True)
    a, b, ya, yb = train_test_split((X - 4.9) / 6.0, y, test_size=0.3, stratify=y, random_state=7)
    make = lambda x, t, s: DataLoader(TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(t)), batch_size=batch, shuffle=s)
    return make(a, ya, True), make(b, yb, False)


def main():
    train_loader, test_loader = loaders(32)
    net = Classifier()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(14):
        net.train()
        running = 0.0
        for x, y in train_loader:
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
        if epoch % 2 == 1:
            print(f"epoch {epoch + 1}: {running / len(train_loader):.4f}")
    net.eval()
    hits = n = 0
    with torch.no_grad():
        for x, y in test_loader:
            hits += (net(x).argmax(1) == y).sum().item()
            n += len(y)
    print(f"FINAL accuracy={hits / n:.4f}")


main()
