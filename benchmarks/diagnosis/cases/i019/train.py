"""Two jobs learnt one after the other: each has its own head, and old rows are replayed later."""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X = torch.tensor(X).float() / 16
X_train, X_test, y_train, y_test = train_test_split(X, torch.tensor(y), test_size=0.25, random_state=12, stratify=y)


class MultiHead(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU())
        self.heads = nn.ModuleDict({"small": nn.Linear(64, 5), "large": nn.Linear(64, 5)})

    def forward(self, x, task):
        return self.heads[task](self.trunk(x))


def rows(labels, task):
    return ((labels < 5) if task == "small" else (labels >= 5)).nonzero().squeeze(1)


@torch.no_grad()
def score(net, task):
    idx = rows(y_test, task)
    return (net(X_test[idx], task).argmax(1) == y_test[idx] % 5).float().mean().item()


net = MultiHead()
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
memory = None
for task in ("small", "large"):
    mine = rows(y_train, task)
    for epoch in range(20):
        for part in mine[torch.randperm(len(mine))].split(32):
            loss = F.cross_entropy(net(X_train[part], task), y_train[part] % 5)
            if memory is not None:
                old = memory[torch.randint(0, len(memory), (16,))]
                loss = loss + F.cross_entropy(net(X_train[old], "small"), y_train[old] % 5)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 5 == 4:
            print(f"{task} epoch {epoch + 1} loss {loss.item():.4f} small {score(net, 'small'):.4f} large {score(net, 'large'):.4f}")
    memory = mine[torch.randperm(len(mine))[:100]]

print(f"FINAL accuracy={(score(net, 'small') + score(net, 'large')) / 2:.4f}")
