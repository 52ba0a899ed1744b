import os
import torch
from torch import nn
from sklearn.datasets import make_friedman1
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

BLOCK = "linear act drop norm"
PARTS = {
    "linear": lambda i, o: nn.Linear(i, o, bias=False),
    "norm": lambda i, o: nn.BatchNorm1d(o),
    "act": lambda i, o: nn.ReLU(),
    "drop": lambda i, o: nn.Dropout(0.3),
}


def build(sizes, recipe=BLOCK):
    layers = []
    for i, o in zip(sizes, sizes[1:]):
        layers.append(nn.Sequential(*[PARTS[name](i, o) for name in recipe.split()]))
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 1))


x, y = make_friedman1(4000, n_features=12, noise=0.6, random_state=SEED)
x_train, x_test, y_train, y_test = x[:3000], x[3000:], y[:3000], y[3000:]
xs, ys = StandardScaler().fit(x_train), StandardScaler().fit(y_train[:, None])
x_train, x_test = (torch.tensor(xs.transform(a)).float() for a in (x_train, x_test))
y_train, y_test = (torch.tensor(ys.transform(a[:, None])).float() for a in (y_train, y_test))

net = build([12, 64, 64, 64, 64])
print(net)
opt = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=20)
for epoch in range(20):
    net.train()
    tot = 0.0
    for b in torch.randperm(3000).split(100):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x_train[b]), y_train[b])
        loss.backward()
        opt.step()
        tot += loss.item()
    sched.step()
    if epoch % 5 == 4:
        net.eval()
        with torch.no_grad():
            val = nn.functional.mse_loss(net(x_test), y_test).item()
        print(f"epoch {epoch + 1}: train {tot / 30:.3f} val {val:.3f}")

net.eval()
with torch.no_grad():
    r2 = 1 - nn.functional.mse_loss(net(x_test), y_test) / y_test.var()
print(f"FINAL r2={r2.item():.4f}")
