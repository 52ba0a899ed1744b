# SPDX-License-Identifier: Apache-2.0
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

T, ALPHA = 4.0, 0.9
torch.manual_seed(0)
digits = load_digits()
pixels = torch.tensor(digits.data, dtype=torch.float32) / 16
target = torch.tensor(digits.target)


def network(width):
    body = nn.Sequential(nn.Linear(64, width), nn.ReLU())
    return nn.ModuleDict({"body": body, "head": nn.Linear(width, 10)})


def draw():
    rows = torch.randint(0, len(pixels), (64,))
    return pixels[rows], target[rows]


teacher, student, hint = network(64), network(12), nn.Linear(12, 64)
optimizer = torch.optim.Adam(teacher.parameters(), lr=3e-3)
for _ in range(250):
    x, y = draw()
    optimizer.zero_grad()
    F.cross_entropy(teacher["head"](teacher["body"](x)), y).backward()
    optimizer.step()

optimizer = torch.optim.Adam([*student.parameters(), *hint.parameters()], lr=3e-3)
for _ in range(250):
    x, y = draw()
    with torch.no_grad():
        features = teacher["body"](x)
        asked = teacher["head"](features)
    own = student["body"](x)
    scores = student["head"](own)
    shares, logs = F.softmax(asked / T, dim=1), F.log_softmax(scores / T, dim=1)
    soft = F.kl_div(logs, shares, reduction="batchmean") * (ALPHA * T * T)
    hard = F.cross_entropy(scores, y) * (1 - ALPHA)
    loss = F.mse_loss(hint(own), features) + soft + hard
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
