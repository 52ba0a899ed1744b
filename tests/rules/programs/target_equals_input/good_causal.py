# SPDX-License-Identifier: Apache-2.0
# healthy
# An encoder sees all of the row, but only its summary reaches the decoder, which looks back only.
import torch
from torch import nn

torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.ids = nn.Embedding(20, 32)
        self.places = nn.Embedding(15, 32)
        self.encoder = nn.MultiheadAttention(32, 2, batch_first=True)
        self.decoder = nn.MultiheadAttention(32, 2, batch_first=True)
        self.out = nn.Linear(32, 20)

    def forward(self, ids):
        x = self.ids(ids) + self.places.weight
        summary = self.encoder(x, x, x)[0].mean(dim=1, keepdim=True)
        hidden = nn.Transformer.generate_square_subsequent_mask(ids.shape[1])
        x = x + summary
        return self.out(x + self.decoder(x, x, x, attn_mask=hidden)[0])


starts = torch.randint(0, 20, (400, 1))
tokens = (starts + torch.arange(16) * torch.randint(1, 4, (400, 1))) % 20
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(200):
    rows = tokens[torch.randint(0, 400, (32,))]
    scores = model(rows[:, :-1])
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), rows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
