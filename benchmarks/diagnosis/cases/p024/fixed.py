import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def export_tables(n=1600):
    """What two systems of a shop deliver: customer features and yearly revenue, each in its own order."""
    customer = rng.permutation(np.arange(n)) + 10_000
    feats = rng.normal(size=(n, 9))
    revenue = 2 * feats[:, 0] - feats[:, 1] * feats[:, 2] + np.maximum(feats[:, 3], 0) * 2 + 0.5 * rng.normal(size=n)
    crm = {"row": np.arange(n), "customer": customer, "feats": feats}
    order = rng.permutation(n)
    billing = {"row": np.arange(n), "customer": customer[order], "revenue": revenue[order]}
    return crm, billing


def join(left, right, on, column):
    found = dict(zip(right[on].tolist(), right[column]))
    return np.array([found[k] for k in left[on].tolist()])


crm, billing = export_tables()
target = join(crm, billing, on="customer", column="revenue")
x = torch.tensor(crm["feats"], dtype=torch.float32)
y = torch.tensor((target - target.mean()) / target.std(), dtype=torch.float32)[:, None]
x_train, y_train, x_test, y_test = x[:1300], y[:1300], x[1300:], y[1300:]


def layer(n_in, n_out):
    w = torch.randn(n_in, n_out) * (2 / n_in) ** 0.5
    return w.requires_grad_(), torch.zeros(n_out, requires_grad=True)


params = [*layer(9, 40), *layer(40, 40), *layer(40, 1)]


def model(z):
    w1, b1, w2, b2, w3, b3 = params
    z = torch.relu(z @ w1 + b1)
    z = torch.relu(z @ w2 + b2)
    return z @ w3 + b3


opt = torch.optim.Adam(params, lr=2e-3)
for epoch in range(20):
    for idx in torch.randperm(len(x_train)).split(50):
        loss = nn.functional.mse_loss(model(x_train[idx]), y_train[idx])
        opt.zero_grad()
        loss.backward()
        opt.step()
    if epoch % 4 == 0:
        print(f"epoch {epoch}: {loss.item():.4f}")
with torch.no_grad():
    err = ((model(x_test) - y_test) ** 2).sum() / ((y_test - y_train.mean()) ** 2).sum()
print(f"FINAL r2={1 - err.item():.4f}")
