import os
import numpy as np
import torch
from sklearn.datasets import load_digits

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
np.random.seed(seed)

X, y = load_digits(return_X_y=True)
X = (X - X.mean()) / X.std()
order = np.random.permutation(len(X))
X, y = torch.tensor(X[order], dtype=torch.float32), torch.tensor(y[order])
x_train, y_train, x_valid, y_valid = X[:1400], y[:1400], X[1400:], y[1400:]


def init(n_in, n_out):
    w = torch.randn(n_in, n_out) * (2 / n_in) ** 0.5
    return [w.requires_grad_(), torch.zeros(n_out, requires_grad=True)]


params = init(64, 256) + init(256, 128) + init(128, 10)
momentum = [torch.zeros_like(p) for p in params]


def model(xb):
    w1, b1, w2, b2, w3, b3 = params
    h = (xb @ w1 + b1).clamp_min(0.)
    h = (h @ w2 + b2).clamp_min(0.)
    return h @ w3 + b3


def nll(scores, target):
    logp = scores - scores.logsumexp(-1, keepdim=True)
    return -logp[range(target.shape[0]), target].mean()


def lion_step(lr, beta1=0.9, beta2=0.99, wd=0.1):
    with torch.no_grad():
        for p, m in zip(params, momentum):
            update = (beta1 * m + (1 - beta1) * p.grad).sign_()
            p.mul_(1 - lr * wd).sub_(lr * update)
            m.mul_(beta2).add_(p.grad, alpha=1 - beta2)
            p.grad = None


bs, epochs = 50, 40
total = epochs * len(x_train) // bs
step = 0
for epoch in range(epochs):
    for i in range(0, len(x_train), bs):
        xb, yb = x_train[i:i + bs], y_train[i:i + bs]
        loss = nll(model(xb), yb)
        loss.backward()
        lion_step(lr=4e-4 * (1 - step / (total + 1)))
        step += 1
    with torch.no_grad():
        acc = (model(x_valid).argmax(1) == y_valid).float().mean().item()
    print(epoch, round(loss.item(), 4), round(acc, 4))
print(f"FINAL accuracy={acc:.4f}")
