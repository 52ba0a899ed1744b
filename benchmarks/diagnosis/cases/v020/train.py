import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))


class MLP(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)


class Distiller:
    def __init__(self, teacher, student, temperature=4.0, alpha=0.8):
        self.teacher, self.student, self.T, self.alpha = teacher, student, temperature, alpha
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def loss(self, x, y):
        with torch.no_grad():
            soft = F.softmax(self.teacher(x) / self.T, dim=1)
        logits = self.student(x)
        log_p = F.log_softmax(logits / self.T, dim=1)
        return self.alpha * self.T ** 2 * self.kl(log_p, soft) + (1 - self.alpha) * F.cross_entropy(logits, y)


def train(parameters, loss_of, loader, epochs, lr):
    opt = torch.optim.Adam(parameters, lr=lr)
    for epoch in range(epochs):
        total = 0.0
        for x, y in loader:
            loss = loss_of(x, y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        if epoch % 5 == 4:
            print(f"  epoch {epoch + 1} loss {total / len(loader):.4f}")


def main():
    torch.manual_seed(SEED)
    d = load_digits()
    perm = torch.randperm(len(d.data), generator=torch.Generator().manual_seed(9))
    X = (torch.tensor(d.data, dtype=torch.float32)[perm] - 5) / 6
    y = torch.tensor(d.target)[perm]
    loader = DataLoader(TensorDataset(X[:1400], y[:1400]), batch_size=50, shuffle=True)
    accuracy = lambda m: (m(X[1400:]).argmax(1) == y[1400:]).float().mean().item()

    teacher = MLP(64, 256, 256, 10)
    print("teacher")
    train(teacher.parameters(), lambda x, t: F.cross_entropy(teacher(x), t), loader, 10, 1e-3)
    teacher.eval().requires_grad_(False)
    print("teacher accuracy", accuracy(teacher))

    student = MLP(64, 24, 10)
    print("student")
    train(student.parameters(), Distiller(teacher, student).loss, loader, 20, 3e-3)
    with torch.no_grad():
        print(f"FINAL accuracy={accuracy(student):.4f}")


if __name__ == "__main__":
    main()
