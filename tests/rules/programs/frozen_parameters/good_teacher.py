# SPDX-License-Identifier: Apache-2.0
# A mean teacher: a frozen copy of the student, which follows its weights. The labels are noisy.
import copy

import torch
from torch import nn
from toy import batches, blobs

torch.manual_seed(0)


class MeanTeacher(nn.Module):
    def __init__(self):
        super().__init__()
        self.student = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
        self.teacher = copy.deepcopy(self.student).requires_grad_(False)

    def forward(self, x):
        with torch.no_grad():
            taught = self.teacher(x + 0.1 * torch.randn_like(x)).softmax(1)
        return self.student(x + 0.1 * torch.randn_like(x)), taught

    @torch.no_grad()
    def follow(self, decay=0.99):
        for mine, theirs in zip(self.teacher.parameters(), self.student.parameters(), strict=True):
            mine.mul_(decay).add_(theirs, alpha=1 - decay)


x, y = blobs(rows=2000)
y = torch.where(torch.rand(2000) < 0.7, torch.randint(0, 4, (2000,)), y)
model = MeanTeacher()
optimizer = torch.optim.Adam(model.student.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 64, 300):
    scores, taught = model(xb)
    consistency = (scores.softmax(1) - taught).pow(2).mean()
    loss = nn.functional.cross_entropy(scores, yb) + consistency
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model.follow()
