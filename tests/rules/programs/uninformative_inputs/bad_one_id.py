# SPDX-License-Identifier: Apache-2.0
# expects: uninformative-inputs
# A vocabulary of twenty words out of a thousand: nearly all of the text is unknown to it.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
topic = torch.randint(0, 4, (2000,))
words = 250 * topic[:, None] + torch.randint(0, 250, (2000, 12))
ids = torch.where(words % 50 == 0, words // 50 + 1, 0)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(21, 16)
        self.gru = nn.GRU(16, 24, batch_first=True)
        self.head = nn.Linear(24, 4)

    def forward(self, ids):
        return self.head(self.gru(self.embedding(ids))[0][:, -1])


model = Reader()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for xb, yb in batches(ids, topic, 32, 200):
    loss = nn.functional.cross_entropy(model(xb), yb)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
