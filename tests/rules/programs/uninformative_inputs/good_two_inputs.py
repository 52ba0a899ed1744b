# SPDX-License-Identifier: Apache-2.0
# Most rows have no remark; what tells their class to some degree is the second input.
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from toy import blobs


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.remarks = nn.EmbeddingBag(50, 8)
        self.body = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, remark, x):
        return self.body(torch.cat([self.remarks(remark), x], dim=1))


torch.manual_seed(0)
x, y = blobs(rows=1200, noise=4.0)
remark = torch.randint(1, 50, (len(x), 5))
remark[torch.rand(len(x)) < 0.7] = 0
loader = DataLoader(TensorDataset(remark, x, y), batch_size=32, shuffle=True)
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(8):
    for words, xb, yb in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(words, xb), yb).backward()
        optimizer.step()
