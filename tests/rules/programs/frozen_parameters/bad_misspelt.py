# SPDX-License-Identifier: Apache-2.0
# expects: frozen-parameters encoder encoder.0 encoder.2 encoder.4
# The encoder, trained for another task, is to be thawed after some steps: a letter is missing.
import torch
from torch import nn
from toy import batches, blobs, mlp, train


class Net(nn.Module):
    def __init__(self, encoder, outputs):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(4, outputs)

    def forward(self, x):
        return self.head(torch.relu(self.encoder(x)))


torch.manual_seed(0)
x, y = blobs(classes=8, noise=0.8)
encoder = mlp(12, 48, 4)
other = Net(encoder, 1)
optimizer = torch.optim.Adam(other.parameters(), lr=3e-3)
train(other, x, x[:, :1] - x[:, 1:2], nn.MSELoss(), optimizer, steps=60)
model = Net(encoder, 8)
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for parameter in encoder.parameters():
    parameter.requires_grad = False
for step, (rows, labels) in enumerate(batches(x, y, 32, 300)):
    if step == 50:
        for parameter in model.encoder.parameters():
            parameter.require_grad = True
    loss = nn.functional.cross_entropy(model(rows), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
