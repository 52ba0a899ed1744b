import os
import torch
from torch import nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = load_digits(return_X_y=True)
Xtr, Xte, ytr, yte = train_test_split(torch.tensor(X, dtype=torch.float32) / 16, torch.tensor(y), test_size=0.3, random_state=seed)

clf = nn.Linear(64, 10)
nn.init.zeros_(clf.weight)
nn.init.zeros_(clf.bias)
opt = torch.optim.LBFGS(clf.parameters(), lr=1.0, max_iter=20, history_size=10, line_search_fn="strong_wolfe")
C = 1e-4


def closure():
    opt.zero_grad()
    loss = nn.functional.cross_entropy(clf(Xtr), ytr) + C * clf.weight.pow(2).sum()
    loss.backward()
    return loss


for it in range(15):
    loss = opt.step(closure)
    if it % 2 == 0:
        print(f"iteration {it}: penalised loss {loss.item():.5f}")

with torch.no_grad():
    print("train", (clf(Xtr).argmax(1) == ytr).float().mean().item())
    print(f"FINAL accuracy={(clf(Xte).argmax(1) == yte).float().mean().item():.4f}")
