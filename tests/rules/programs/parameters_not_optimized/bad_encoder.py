# SPDX-License-Identifier: Apache-2.0
# expects: parameters-not-optimized
# An encoder and a decoder, each a network of its own: the optimizer was given the second only.
import torch
from torch import nn
from toy import batches

torch.manual_seed(0)
words = torch.randint(1, 12, (2000, 5))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(12, 24)
        self.gru = nn.GRU(24, 24, batch_first=True)
        self.out = nn.Linear(24, 12)

    def forward(self, before, state):
        return self.out(self.gru(self.table(before), state)[0])


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(12, 24)
        self.gru = nn.GRU(24, 24, batch_first=True)

    def forward(self, given):
        return self.gru(self.table(given))[1]


encoder, decoder = Encoder(), Decoder()
optimizer = torch.optim.Adam(decoder.parameters(), lr=5e-3)
for given, wanted in batches(words, words.flip(1), 32, 200):
    before = torch.cat([torch.zeros(32, 1, dtype=torch.long), wanted[:, :-1]], 1)
    scores = decoder(before, encoder(given))
    loss = nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
