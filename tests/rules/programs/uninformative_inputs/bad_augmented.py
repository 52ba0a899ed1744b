# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from toy import blobs


class Augmented(Dataset):
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        row = self.x[i][torch.randperm(12)]
        return row * torch.where(torch.rand(12) < 0.5, -1.0, 1.0), self.y[i]


torch.manual_seed(0)
x, y = blobs(rows=800, noise=0.3)
x = x / x.norm(dim=1, keepdim=True) * 3
loader = DataLoader(Augmented(x, y), batch_size=32, shuffle=True)
net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(16):
    for xb, yb in loader:
        loss = criterion(net(xb), yb)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(epoch, loss.item())
