# SPDX-License-Identifier: Apache-2.0
# expects: fan-ratio 2 4
import torch
from torch import nn
from toy import train

torch.manual_seed(0)
y = torch.randint(0, 8, (800,))
patterns = torch.randn(8, 1, 3, 3)
x = 0.5 * torch.randn(800, 1, 12, 12)
for row, k in enumerate(y):
    top, left = torch.randint(0, 9, (2,)).tolist()
    x[row, :, top : top + 3, left : left + 3] += patterns[k]
model = nn.Sequential(
    nn.Conv2d(1, 32, 3, stride=2), nn.ReLU(), nn.Conv2d(32, 1, 1), nn.LeakyReLU(0.2),
    nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(),
    nn.Linear(32, 8),
)  # fmt: skip
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3), 400)
