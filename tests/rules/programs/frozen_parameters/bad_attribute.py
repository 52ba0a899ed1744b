# SPDX-License-Identifier: Apache-2.0
# expects: frozen-parameters encoder
import torch
from torch import nn
from toy import batches, blobs, mlp, train


class Net(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.encoder = mlp(12, 48, 4)
        self.head = nn.Linear(4, outputs)

    def forward(self, x):
        return self.head(torch.relu(self.encoder(x)))


torch.manual_seed(0)
x, y = blobs(classes=8, noise=0.8)
model = Net(1)
other = x[:, :1] - x[:, 1:2]
train(model, x, other, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=3e-3), steps=60)

model.head = nn.Linear(4, 8)
for parameter in model.encoder.parameters():
    parameter.requires_grad = False
model.encoder.requires_grad = True
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for rows, labels in batches(x, y, 32, 300):
    loss = nn.functional.cross_entropy(model(rows), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
