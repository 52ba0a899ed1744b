import copy
import os

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))


def records(n, rng):
    """Patients: 40 lab values, a noisy outcome."""
    X = rng.normal(size=(n, 40)).astype(np.float32)
    risk = 1.6 * X[:, 0] - 1.2 * X[:, 1] + 0.9 * X[:, 2] + 0.6 * X[:, 3]
    y = (risk > 0).astype(np.float32)
    flip = rng.random(n) < 0.25
    return X, np.where(flip, 1 - y, y)


def repeat_rows(X, y, times):
    return np.repeat(X, times, 0), np.repeat(y, times, 0)


def accuracy(model, X, y):
    model.eval()
    with torch.no_grad():
        return ((model(X).squeeze(1) > 0).float() == y).float().mean().item()


def main():
    torch.manual_seed(SEED)
    rng = np.random.default_rng(300 + SEED)
    X, y = records(400, rng)
    order = rng.permutation(len(X))
    cut = int(0.75 * len(X))
    train, valid = order[:cut], order[cut:]
    Xt, yt = repeat_rows(X[train], y[train], times=5)
    Xv, yv = X[valid], y[valid]
    Xt, yt, Xv, yv = map(torch.from_numpy, (Xt, yt, Xv, yv))

    model = nn.Sequential(nn.Linear(40, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))
    opt = torch.optim.Adam(model.parameters(), lr=6e-4)
    loader = DataLoader(TensorDataset(Xt, yt), batch_size=64, shuffle=True)
    loss_fn = nn.BCEWithLogitsLoss()
    best, best_state, wait = -1.0, None, 0
    for epoch in range(40):
        model.train()
        for xb, yb in loader:
            opt.zero_grad()
            loss = loss_fn(model(xb).squeeze(1), yb)
            loss.backward()
            opt.step()
        score = accuracy(model, Xv, yv)
        if score > best:
            best, best_state, wait = score, copy.deepcopy(model.state_dict()), 0
        else:
            wait += 1
        if epoch % 5 == 0:
            print(f"epoch {epoch} loss {loss.item():.4f} valid {score:.4f}")
        if wait == 12:
            break
    model.load_state_dict(best_state)
    Xn, yn = map(torch.from_numpy, records(2000, np.random.default_rng(9999)))
    fresh = accuracy(model, Xn, yn)
    print(f"validation accuracy {best:.4f}, on next year's patients {fresh:.4f}")
    print(f"FINAL gap={abs(best - fresh):.4f}")


if __name__ == "__main__":
    main()
