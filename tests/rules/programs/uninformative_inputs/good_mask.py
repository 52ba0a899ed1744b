# SPDX-License-Identifier: Apache-2.0
import torch
from torch import nn
from toy import train

PAD = 0
torch.manual_seed(0)
length = torch.randint(4, 10, (800, 1))
ids = torch.randint(1, 20, (800, 12)) * (torch.arange(12) < length)
labels = ((ids >= 10).sum(1) * 2 > length[:, 0]).long()


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 16)
        self.query = nn.Parameter(0.1 * torch.randn(1, 1, 16))
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.head = nn.Linear(16, 2)

    def forward(self, ids):
        words = self.words(ids)
        read, _ = self.attention(
            self.query.expand(len(ids), -1, -1),
            words,
            words,
            key_padding_mask=ids == PAD,
            need_weights=False,
        )
        return self.head(read[:, 0])


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
train(model, ids, labels, nn.CrossEntropyLoss(), optimizer, steps=300)
