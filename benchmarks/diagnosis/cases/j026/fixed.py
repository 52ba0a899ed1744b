import os

import torch
from sklearn.datasets import make_regression
from sklearn.preprocessing import StandardScaler
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

HPARAMS = {
    "hidden": 100,
    "dropout": 0.05,
    "lr": 1e-3,
    "weight_decay": 1e-4,
    "batch_size": 50,
    "epochs": 30,
}

X, Y = make_regression(2000, 20, n_informative=15, n_targets=3, noise=8.0, random_state=31)
X = StandardScaler().fit_transform(X)
Y = StandardScaler().fit_transform(Y)
Y = Y + 0.6 * abs(X[:, :3])  # a bend that a linear fit misses
X, Y = torch.tensor(X).float(), torch.tensor(Y).float()
split = 1500


def build(h):
    return nn.Sequential(
        nn.Linear(20, h["hidden"]),
        nn.ReLU(),
        nn.Dropout(h["dropout"]),
        nn.Linear(h["hidden"], h["hidden"]),
        nn.ReLU(),
        nn.Dropout(h["dropout"]),
        nn.Linear(h["hidden"], 3),
    )


def fit(model, h):
    optimizer = torch.optim.Adam(model.parameters(), lr=h["lr"], weight_decay=h["weight_decay"])
    loss_fn = nn.SmoothL1Loss()
    for epoch in range(h["epochs"]):
        model.train()
        perm = torch.randperm(split)
        for i in range(0, split, h["batch_size"]):
            j = perm[i : i + h["batch_size"]]
            loss = loss_fn(model(X[j]), Y[j])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if (epoch + 1) % 6 == 0:
            print(f"epoch {epoch + 1:3d}  batch loss {loss.item():.4f}  test r2 {r2(model):.4f}")


def r2(model):
    model.eval()
    with torch.no_grad():
        err = (model(X[split:]) - Y[split:]).pow(2).sum(0)
    return (1 - err / (Y[split:] - Y[split:].mean(0)).pow(2).sum(0)).mean().item()


net = build(HPARAMS)
fit(net, HPARAMS)
print(f"FINAL r2={r2(net):.4f}")
