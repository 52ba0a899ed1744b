# A neural net in ~40 lines, no nn.Module
import os
import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

s = int(os.environ.get('SEED', 0))
torch.manual_seed(s)

X, y = load_digits(return_X_y=True)
X = (X - X.mean()) / X.std()
Xtr, Xte, ytr, yte = train_test_split(X, y, test_size=0.3, random_state=s, stratify=y)
Xtr, Xte = torch.tensor(Xtr).float(), torch.tensor(Xte).float()
ytr, yte = torch.tensor(ytr), torch.tensor(yte)

def weight(n_in, n_out):
    return torch.randn(n_in, n_out)

W1, b1 = weight(64, 120), torch.zeros(120)
W2, b2 = weight(120, 120), torch.zeros(120)
W3, b3 = weight(120, 10), torch.zeros(10)
params = [W1, b1, W2, b2, W3, b3]
for p in params:
    p.requires_grad_()

def forward(x):
    h = torch.tanh(x @ W1 + b1)
    h = torch.tanh(h @ W2 + b2)
    return h @ W3 + b3

def nll(scores, target):
    logp = scores - scores.logsumexp(1, keepdim=True)
    return -logp[torch.arange(len(target)), target].mean()

lr = 0.05
for it in range(900):
    ix = torch.randint(0, len(Xtr), (50,))
    loss = nll(forward(Xtr[ix]), ytr[ix])
    for p in params:
        p.grad = None
    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
    if it % 150 == 0:
        print(f'{it:4d}: {loss.item():.4f}')

with torch.no_grad():
    acc = (forward(Xte).argmax(1) == yte).float().mean().item()
print(f'FINAL accuracy={acc:.4f}')
