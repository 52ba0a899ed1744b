# SPDX-License-Identifier: Apache-2.0
# healthy
# A sequence is squeezed and told again: the encoder is given what the decoder is taught.
import torch
from torch import nn

torch.manual_seed(0)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.source_ids, self.target_ids = nn.Embedding(20, 32), nn.Embedding(20, 32)
        self.encoder = nn.GRU(32, 32, batch_first=True)
        self.decoder = nn.GRU(32, 32, batch_first=True)
        self.out = nn.Linear(32, 20)

    def forward(self, source, given):
        state = self.encoder(self.source_ids(source))[1]
        return self.out(self.decoder(self.target_ids(given), state)[0])


source = torch.randint(1, 20, (400, 8))
target = torch.cat([torch.zeros(400, 1, dtype=torch.long), source], dim=1)
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
for step in range(300):
    rows = torch.randint(0, 400, (32,))
    taught = target[rows, 1:]
    scores = model(source[rows], target[rows, :-1])
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), taught.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
