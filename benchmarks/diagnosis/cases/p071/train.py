import os

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class Refine(nn.Module):
    """One step of the iterated update; the same weights at every step."""

    def __init__(self, dim):
        super().__init__()
        self.mix = nn.Linear(dim, dim)
        self.gate = nn.Linear(dim, dim)

    def forward(self, state):
        update = torch.sigmoid(self.gate(state)) * torch.tanh(self.mix(state))
        return update


class IteratedNet(nn.Module):
    def __init__(self, dim=40, iterations=14):
        super().__init__()
        self.iterations = iterations
        self.read = nn.Linear(64, dim)
        self.refine = Refine(dim)
        self.answer = nn.Linear(dim, 10)

    def forward(self, x):
        state = torch.tanh(self.read(x))
        for _ in range(self.iterations):
            state = self.refine(state)
        return self.answer(state)


digits = load_digits()
x = torch.tensor(digits.data, dtype=torch.float32)
x = (x - x.mean(0)) / (x.std(0) + 1)
y = torch.tensor(digits.target)
perm = torch.from_numpy(np.random.default_rng(SEED).permutation(len(x)))
train, test = perm[:1300], perm[1300:]

net = IteratedNet()
opt = torch.optim.SGD([
    {"params": net.refine.parameters(), "lr": 0.05},
    {"params": [*net.read.parameters(), *net.answer.parameters()], "lr": 0.05},
], momentum=0.9, nesterov=True)
for epoch in range(12):
    correct = 0
    for idx in train[torch.randperm(len(train))].split(50):
        out = net(x[idx])
        loss = nn.functional.cross_entropy(out, y[idx], label_smoothing=0.05)
        opt.zero_grad()
        loss.backward()
        opt.step()
        correct += (out.argmax(1) == y[idx]).sum().item()
    print(f"epoch {epoch}: training accuracy {correct / len(train):.3f}")
with torch.no_grad():
    acc = (net(x[test]).argmax(1) == y[test]).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
