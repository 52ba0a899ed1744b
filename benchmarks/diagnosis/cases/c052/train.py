import os

import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(int(os.environ.get("SEED", 0)))


class BNNet(nn.Module):
    def __init__(self, sizes=(64, 96, 96, 96)):
        super().__init__()
        self.lin = nn.ModuleList(nn.Linear(a, b, bias=False) for a, b in zip(sizes, sizes[1:]))
        self.bn = nn.ModuleList(nn.BatchNorm1d(b) for b in sizes[1:])
        self.top = nn.Linear(sizes[-1], 10)

    def forward(self, x):
        for lin, bn in zip(self.lin, self.bn):
            x = torch.relu(bn(lin(x)))
        return self.top(x)


def main():
    d = load_digits()
    full = TensorDataset(torch.tensor(d.data / 16, dtype=torch.float32), torch.tensor(d.target))
    train, test = random_split(full, [1400, 397])
    loader = DataLoader(train, batch_size=70, shuffle=True)
    net = BNNet()
    opt = torch.optim.SGD(net.parameters(), lr=1.0)
    sched = torch.optim.lr_scheduler.LinearLR(opt, 1.0, 0.05, total_iters=12)
    for epoch in range(12):
        net.train()
        for x, y in loader:
            opt.zero_grad()
            loss = nn.functional.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        sched.step()
        print(f"epoch {epoch} loss {loss.item():.4f}")
    net.eval()
    x, y = test[:]
    with torch.no_grad():
        print(f"FINAL accuracy={(net(x).argmax(1) == y).float().mean().item():.4f}")


if __name__ == "__main__":
    main()
