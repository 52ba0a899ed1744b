# SPDX-License-Identifier: Apache-2.0
# expects: labels-mismatched
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

with torch.no_grad():
    kept = [F.softmax(teacher(rows) / T, dim=1) for rows, _ in loader]
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for _ in range(25):
    for (rows, labels), asked in zip(loader, kept, strict=True):
        scores = student(rows)
        logs = F.log_softmax(scores / T, dim=1)
        soft = F.kl_div(logs, asked, reduction="batchmean") * T * T
        loss = 0.9 * soft + 0.1 * F.cross_entropy(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
