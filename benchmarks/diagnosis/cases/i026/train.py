import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch.nn.utils import prune

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(64, 256)
        self.fc2 = nn.Linear(256, 128)
        self.fc3 = nn.Linear(128, 10)

    def forward(self, x):
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def run_epochs(model, x, y, epochs, lr):
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        for idx in torch.randperm(len(x)).split(64):
            opt.zero_grad()
            loss = F.cross_entropy(model(x[idx]), y[idx])
            loss.backward()
            opt.step()
    return loss.item()


@torch.no_grad()
def accuracy(model, x, y):
    return (model(x).argmax(1) == y).float().mean().item()


def main():
    X, y = load_digits(return_X_y=True)
    a, b, c, d = train_test_split(torch.tensor(X).float() / 16, torch.tensor(y), test_size=0.25, random_state=19)
    model = MLP()
    loss = run_epochs(model, a, c, 15, 1e-3)
    print(f"dense: loss {loss:.4f} accuracy {accuracy(model, b, d):.4f}")
    layers = [(m, "weight") for m in (model.fc1, model.fc2)]
    for rnd, amount in enumerate((0.6, 0.5, 0.5)):
        prune.global_unstructured(layers, pruning_method=prune.L1Unstructured, amount=amount)
        before = accuracy(model, b, d)
        loss = run_epochs(model, a, c, 8, 5e-4)
        kept = sum(m.weight_mask.sum().item() for m, _ in layers) / sum(m.weight_mask.numel() for m, _ in layers)
        print(f"round {rnd}: {kept:.1%} of the weights, {before:.4f} -> {accuracy(model, b, d):.4f}, loss {loss:.4f}")
    for m, name in layers:
        prune.remove(m, name)
    print(f"FINAL accuracy={accuracy(model, b, d):.4f}")


if __name__ == "__main__":
    main()
