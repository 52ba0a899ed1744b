import os

import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_breast_cancer(return_X_y=True)
X_tr, X_te, y_tr, y_te = train_test_split(X, y, test_size=0.35, stratify=y, random_state=int(os.environ.get("SEED", 0)))
mu, sd = X_tr.mean(0), X_tr.std(0)
X_tr, X_te = (torch.tensor((a - mu) / sd, dtype=torch.float64) for a in (X_tr, X_te))
y_tr, y_te = (torch.tensor(a, dtype=torch.float64) for a in (y_tr, y_te))


class Logit(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.linear = nn.Linear(d, 1, dtype=torch.float64)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        return self.linear(x).squeeze(1)


model = Logit(X_tr.shape[1])
objective = nn.BCEWithLogitsLoss()
solver = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=8, history_size=12, line_search_fn="strong_wolfe")
PENALTY = 2e-3


def closure():
    solver.zero_grad()
    loss = objective(model(X_tr), y_tr) + PENALTY * model.linear.weight.pow(2).sum()
    loss.backward()
    return loss


before = float("inf")
for it in range(80):
    now = solver.step(closure).item()
    if it % 10 == 0:
        grad = model.linear.weight.grad.norm().item()
        print(f"iteration {it:3d} objective {now:.8f} gradient {grad:.2e}")
    if abs(before - now) < 1e-12:
        print("converged after", it)
        break
    before = now

with torch.no_grad():
    said = (model(X_te) > 0).double()
print(f"FINAL accuracy={(said == y_te).double().mean().item():.4f}")
