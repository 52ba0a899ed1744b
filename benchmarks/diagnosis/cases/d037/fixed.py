import os

import torch
from sklearn.datasets import make_classification
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split


def data(seed):
    x, y = make_classification(n_samples=3000, n_features=20, n_informative=12, n_redundant=4, n_classes=8,
                               n_clusters_per_class=1, class_sep=1.8, flip_y=0.0, random_state=11)
    x = (x - x.mean(0)) / x.std(0)
    full = TensorDataset(torch.tensor(x, dtype=torch.float32), torch.tensor(y))
    return random_split(full, [2400, 600], generator=torch.Generator().manual_seed(seed))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(20, 64)
        self.act = nn.ReLU()
        self.output = nn.Linear(64, 8)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, x):
        return self.softmax(self.output(self.act(self.hidden(x))))


def main():
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    train, test = data(seed)
    loader = DataLoader(train, batch_size=48, shuffle=True)
    net = Net()
    criterion = nn.NLLLoss()
    optimizer = optim.SGD(net.parameters(), lr=0.02, momentum=0.5)
    for epoch in range(12):
        total = 0
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(net(inputs), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print("epoch", epoch + 1, "loss", round(total / len(loader), 4))
    x, y = test[:]
    with torch.no_grad():
        acc = (net(x).argmax(1) == y).float().mean().item()
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main()
