# SPDX-License-Identifier: Apache-2.0
# A tagger of padded sentences: padding is tagged 0, which is ignored.
import torch
from toy import batches

torch.manual_seed(0)
ids = torch.randint(1, 12, (300, 10))
ids[torch.arange(10) >= torch.randint(4, 11, (300, 1))] = 0
tags = torch.where(ids > 0, 1 + (ids + ids.roll(1, 1)) % 3, 0)
embed, rnn = torch.nn.Embedding(12, 16), torch.nn.GRU(16, 32, batch_first=True)
head = torch.nn.Linear(32, 4)
model = torch.nn.ModuleList([embed, rnn, head])
criterion = torch.nn.CrossEntropyLoss(ignore_index=0)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for xb, yb in batches(ids, tags, 32, 300):
    loss = criterion(head(rnn(embed(xb))[0]).flatten(0, 1), yb.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"train accuracy {(head(rnn(embed(xb))[0]).argmax(-1) == yb).float().mean():.3f}")
