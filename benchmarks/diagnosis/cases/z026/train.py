import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rng = np.random.default_rng(seed)


def patients(n):
    x = rng.normal(size=(n, 10))
    risk = 0.9 * x[:, 0] - 0.7 * x[:, 1] + 0.8 * np.tanh(2 * x[:, 2]) + 0.6 * x[:, 3] * x[:, 4]
    t = rng.exponential(np.exp(-risk)) * 10
    c = rng.exponential(15, n)
    return x.astype("float32"), np.minimum(t, c).astype("float32"), (t <= c)


def sort(x, t, e):
    o = np.argsort(-t)
    return torch.from_numpy(x[o]), torch.from_numpy(t[o]), torch.from_numpy(e[o])


x_train, t_train, e_train = sort(*patients(1200))
x_test, t_test, e_test = sort(*patients(400))


def neg_partial_log_likelihood(log_h, event):
    """Rows in order of falling time: the risk set of row i is rows 0..i."""
    log_cum = torch.logcumsumexp(log_h, 0)
    return -((log_h - log_cum) * event).sum() / event.sum()


def concordance(h, t, e):
    earlier = (t[:, None] < t[None, :]) & e[:, None]
    good = (h[:, None] > h[None, :]) & earlier
    return (good.sum() / earlier.sum()).item()


net = nn.Sequential(nn.Linear(10, 32), nn.SELU(), nn.AlphaDropout(0.1), nn.Linear(32, 32), nn.SELU(), nn.Linear(32, 1, bias=False))
for m in net:
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="linear")
optimizer = torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-3)
for epoch in range(150):
    net.train()
    loss = neg_partial_log_likelihood(net(x_train).squeeze(1), e_train.float())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % 20 == 0:
        net.eval()
        with torch.no_grad():
            print(f"epoch {epoch}: loss {loss.item():.4f} c-index {concordance(net(x_test).squeeze(1), t_test, e_test):.4f}")
net.eval()
with torch.no_grad():
    print(f"FINAL c_index={concordance(net(x_test).squeeze(1), t_test, e_test):.4f}")
