# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs, mlp, train

T = 3.0
torch.manual_seed(0)
x, y = blobs(rows=320, classes=6, noise=1.0)
loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
teacher, student = mlp(12, 64, 6), mlp(12, 8, 6)
optimizer = torch.optim.Adam(teacher.parameters(), lr=3e-3)
train(teacher, x, y, nn.CrossEntropyLoss(), optimizer, steps=150)
teacher.eval()

# Two students that teach each other, with dropout on: what is asked of a row moves from step to step.
other = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, 6))
optimizer = torch.optim.Adam([*student.parameters(), *other.parameters()], lr=3e-3)
for _ in range(25):
    for rows, labels in loader:
        scores, others = student(rows), other(rows)
        loss = F.cross_entropy(scores, labels) + F.cross_entropy(others, labels)
        for one, two in ((scores, others), (others, scores)):
            asked = F.softmax(two.detach() / T, dim=1)
            loss = loss - (asked * F.log_softmax(one / T, dim=1)).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
