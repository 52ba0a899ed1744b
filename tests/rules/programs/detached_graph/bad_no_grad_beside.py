# SPDX-License-Identifier: Apache-2.0
# expects: detached-graph encoder
import torch
from torch import nn
from toy import batches, curve, mlp, train

torch.manual_seed(0)
x, y = curve()


class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, width), nn.Tanh())
        self.norm = nn.LayerNorm(width)
        self.head = mlp(width, 16, 1, depth=1)

    def forward(self, x):
        return self.head(self.norm(self.encoder(x)))


teacher, student = Net(24), Net(3)
train(teacher, x, y, nn.MSELoss(), torch.optim.Adam(teacher.parameters(), lr=3e-3), steps=400)
optimizer = torch.optim.Adam(student.parameters(), lr=3e-3)
for xb, yb in batches(x, y, 32, 200):
    with torch.no_grad():
        features = teacher.encoder(xb)
        asked = teacher.head(teacher.norm(features))
        own = student.encoder(xb)
    scores = student.head(student.norm(own))
    loss = nn.functional.mse_loss(scores, asked) + nn.functional.mse_loss(scores, yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
