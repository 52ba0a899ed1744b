# SPDX-License-Identifier: Apache-2.0
# expects: excessive-dropout block1.3 block2.3 head.1 head.4
# The loss falls well below that of a constant answer; without the dropouts it nearly vanishes.
import torch
from torch import nn
from toy import train

torch.manual_seed(0)
y = torch.randint(0, 4, (800,))
x = 0.3 * torch.rand(800, 1, 12, 12)
for image, label in zip(x, y, strict=True):
    row, column = torch.randint(1, 8, (2,)).tolist()
    height, width = ((2, 4), (4, 2), (3, 3), (1, 1))[label]
    image[0, row : row + height, column : column + width] += 0.4


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block1 = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.6)
        )
        self.block2 = nn.Sequential(
            nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.6)
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(0.6),
            nn.Linear(144, 64),
            nn.ReLU(),
            nn.Dropout(0.8),
            nn.Linear(64, 4),
        )

    def forward(self, x):
        return self.head(self.block2(self.block1(x)))


model = Net()
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=2e-3), steps=500)
