import os
import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import make_circles
from sklearn.model_selection import train_test_split

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

X, y = make_circles(n_samples=2400, noise=0.13, factor=0.45, random_state=SEED)
Xtr, Xte, ytr, yte = train_test_split(torch.tensor(X).float(), torch.tensor(y).float(), test_size=0.3, random_state=1)


def get_model():
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    return model, optimizer


loss_func = nn.BCEWithLogitsLoss()
epochs = 20
bs = 32


def loss_batch(model, xb, yb, opt=None):
    loss = loss_func(model(xb).squeeze(-1), yb)
    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()
    return loss.item() * len(xb)


def fit():
    for epoch in range(epochs):
        model, opt = get_model()
        model.train()
        perm = torch.randperm(len(Xtr))
        train_loss = sum(loss_batch(model, Xtr[i], ytr[i], opt) for i in perm.split(bs)) / len(Xtr)
        model.eval()
        with torch.no_grad():
            valid_loss = loss_batch(model, Xte, yte) / len(Xte)
        print(epoch, round(train_loss, 4), round(valid_loss, 4))
    return model


model = fit()
with torch.no_grad():
    acc = ((model(Xte).squeeze(-1) > 0) == (yte > 0.5)).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
