import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = make_classification(
    n_samples=5000, n_features=24, n_informative=12, n_redundant=4, n_classes=6,
    n_clusters_per_class=2, class_sep=1.6, random_state=SEED,
)  # fmt: skip
X = (X - X.mean(0)) / X.std(0)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=1500, random_state=SEED)
X_train, X_test = torch.tensor(X_train).float(), torch.tensor(X_test).float()
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)


def make_net(width, depth):
    layers, n = [], 24
    for _ in range(depth):
        layers += [nn.Linear(n, width), nn.ReLU()]
        n = width
    return nn.Sequential(*layers, nn.Linear(n, 6))


def accuracy(net):
    net.eval()
    with torch.no_grad():
        return (net(X_test).argmax(1) == y_test).float().mean().item()


def fit(net, loss_of, epochs, lr, name):
    opt = torch.optim.Adam(net.parameters(), lr=lr, weight_decay=1e-4)
    for epoch in range(epochs):
        net.train()
        total = 0.0
        for idx in torch.randperm(len(X_train)).split(100):
            opt.zero_grad()
            loss = loss_of(net, X_train[idx], y_train[idx])
            loss.backward()
            opt.step()
            total += loss.item() * len(idx)
        if epoch % 4 == 3:
            print(f"{name} epoch {epoch + 1}: loss {total / len(X_train):.4f}, test {accuracy(net):.4f}")


teacher = make_net(192, 2)
fit(teacher, lambda net, x, t: F.cross_entropy(net(x), t), 12, 1e-3, "teacher")
teacher.eval()
teacher.requires_grad_(False)

T, WEIGHT = 4.0, 0.8


def distillation(net, x, t):
    logits = net(x)
    soft = F.softmax(teacher(x) / T, dim=1)
    kd = F.kl_div(F.log_softmax(logits / T, dim=1), soft, reduction="batchmean") * T * T
    return WEIGHT * kd + (1 - WEIGHT) * F.cross_entropy(logits, t)


student = make_net(40, 1)
fit(student, distillation, 20, 5e-3, "student")
print(f"teacher {accuracy(teacher):.4f}")
print(f"FINAL accuracy={accuracy(student):.4f}")
