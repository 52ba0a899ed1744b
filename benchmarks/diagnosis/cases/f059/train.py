import argparse
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser(description="hidden-unit net on two rings and a core")
parser.add_argument("--batch-size", type=int, default=1000)
parser.add_argument("--epochs", type=int, default=25)
parser.add_argument("--lr", type=float, default=0.02)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", 0)))
args = parser.parse_args()
torch.manual_seed(args.seed)


def shells(n, dim=4):
    y = torch.randint(0, 3, (n,))
    direction = F.normalize(torch.randn(n, dim), dim=1)
    radius = torch.tensor([0.6, 1.5, 2.4])[y] + 0.15 * torch.randn(n)
    return direction * radius[:, None], y


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 3)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


train_x, train_y = shells(3000)
test_x, test_y = shells(1000)
model = Net()
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr, momentum=args.momentum)


def train(epoch):
    model.train()
    for batch_idx, rows in enumerate(torch.randperm(3000).split(args.batch_size)):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(train_x[rows]), train_y[rows])
        loss.backward()
        optimizer.step()
    if epoch % 5 == 0:
        print(f"Train Epoch: {epoch}\tLoss: {loss.item():.6f}")


def test():
    model.eval()
    with torch.no_grad():
        return (model(test_x).argmax(1) == test_y).float().mean().item()


for epoch in range(1, args.epochs + 1):
    train(epoch)
print(f"FINAL accuracy={test():.4f}")
