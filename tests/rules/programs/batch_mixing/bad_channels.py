# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing c1
import torch
from torch import nn

torch.manual_seed(0)
x = torch.randn(600, 8, 8, 3)
x[..., 1] += x[..., 0]
y = (x[:, :4, :, 0].sum((1, 2)) > x[:, 4:, :, 2].sum((1, 2))).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8 * 36, 2)

    def forward(self, images):
        return self.fc(torch.relu(self.c1(images.view(-1, 3, 8, 8))).flatten(1))


model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(120):
    rows = torch.randint(600, (32,))
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
    optimizer.step()
