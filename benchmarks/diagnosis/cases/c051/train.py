import os
import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X / 16 - 0.3, dtype=torch.float32), torch.tensor(y)
p = torch.randperm(len(y))
tr, te = p[:1400], p[1400:]
clf = nn.Linear(64, 10)
opt = torch.optim.Adam(clf.parameters(), lr=0.1, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 350)
for step in range(350):
    b = tr[torch.randint(0, 1400, (64,))]
    loss = nn.functional.cross_entropy(clf(X[b]), y[b])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    if step % 50 == 0:
        print(step, round(loss.item(), 4))
with torch.no_grad():
    print(f"FINAL accuracy={(clf(X[te]).argmax(1) == y[te]).float().mean().item():.4f}")
