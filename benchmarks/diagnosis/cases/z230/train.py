import os

import numpy as np
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from torch.optim.swa_utils import SWALR, AveragedModel
from torch.utils.data import DataLoader, Subset, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)

raw = load_digits()
X = torch.tensor(raw.data / 16.0, dtype=torch.float32).sub_(0.3).div_(0.37)
y = torch.tensor(raw.target)
order = np.random.permutation(len(X))
pool, test = list(order[:1300]), order[1300:]
full = TensorDataset(X, y)


def new_model():
    return nn.Sequential(nn.Linear(64, 80), nn.LeakyReLU(0.1), nn.Linear(80, 40), nn.LeakyReLU(0.1), nn.Linear(40, 10))


def train_model(labelled, lr, epochs=20, swa_from=14):
    model = new_model()
    opt = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=1e-3)
    swa, swa_sched = AveragedModel(model), SWALR(opt, swa_lr=lr / 2, anneal_epochs=2)
    loss_fn = nn.CrossEntropyLoss()
    dl = DataLoader(Subset(full, labelled), batch_size=16, shuffle=True)
    for epoch in range(epochs):
        for xb, yb in dl:
            opt.zero_grad()
            loss = loss_fn(model(xb), yb)
            loss.backward()
            opt.step()
        if epoch >= swa_from:
            swa.update_parameters(model)
            swa_sched.step()
    return swa.module.eval(), loss.item()


@torch.no_grad()
def least_confident(model, candidates, k):
    margin = model(X[candidates]).softmax(1).topk(2, dim=1).values
    scores = margin[:, 0] - margin[:, 1]
    picked = scores.argsort()[:k].tolist()
    return [candidates[i] for i in picked]


@torch.no_grad()
def accuracy(model, idx):
    return (model(X[idx]).argmax(1) == y[idx]).float().mean().item()


labelled = [pool.pop() for _ in range(60)]
validation = [pool.pop() for _ in range(100)]
for round_ in range(5):
    trials = []
    for lr in (0.02, 0.05):
        m, last = train_model(labelled, lr)
        trials.append((accuracy(m, validation), lr, m, last))
    val, lr, model, last = max(trials, key=lambda t: t[0])
    print(f"round {round_}: {len(labelled)} labels, lr {lr}, loss {last:.4f}, val {val:.3f}, test {accuracy(model, test):.4f}")
    if round_ < 4:
        chosen = least_confident(model, pool, 60)
        labelled += chosen
        pool = [i for i in pool if i not in set(chosen)]
print(f"FINAL accuracy={accuracy(model, test):.4f}")
