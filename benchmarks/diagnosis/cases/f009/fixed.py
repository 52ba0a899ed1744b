import math
import os

import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
N_TAGS, DIM = 30, 40
prototypes = torch.randn(N_TAGS, DIM, generator=torch.Generator().manual_seed(5))


def scenes(n):
    tags = (torch.rand(n, N_TAGS) < 0.04).float()
    x = tags @ prototypes + 0.5 * torch.randn(n, DIM)
    return x, tags


class Tagger(nn.Module):
    def __init__(self, prior=0.02):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(DIM, 128), nn.ReLU())
        self.head = nn.Linear(128, N_TAGS)
        nn.init.constant_(self.head.bias, -math.log((1 - prior) / prior))

    def forward(self, x):
        return self.head(self.trunk(x))


x_train, t_train = scenes(6000)
x_test, t_test = scenes(1500)
model = Tagger()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
step = 0
for epoch in range(2):
    for idx in torch.randperm(len(x_train)).split(50):
        loss = F.binary_cross_entropy_with_logits(model(x_train[idx]), t_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 40 == 0:
            print(f"step {step}: bce {loss.item():.4f}")

with torch.no_grad():
    found = (model(x_test) > 0).float()
tp = (found * t_test).sum()
f1 = 2 * tp / (found.sum() + t_test.sum()).clamp(min=1)
print(f"FINAL f1={f1.item():.4f}")
