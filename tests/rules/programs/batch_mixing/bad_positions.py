# SPDX-License-Identifier: Apache-2.0
# expects: batch-mixing
import torch
from torch import nn


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 16)
        self.register_buffer("table", torch.randn(200, 1, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.head = nn.Linear(16, 2)

    def forward(self, ids):
        x = self.words(ids)
        x = x + self.table[: x.size(0)]
        return self.head(self.encoder(x).mean(1))


torch.manual_seed(0)
ids = torch.randint(0, 10, (640, 12))
first = (ids == 3).float().argmax(1)
second = (ids == 7).float().argmax(1)
labels = (first < second).long()
model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for step in range(120):
    rows = torch.randint(0, 640, (32,))
    loss = nn.functional.cross_entropy(model(ids[rows]), labels[rows])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
