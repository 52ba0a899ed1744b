# SPDX-License-Identifier: Apache-2.0
# A sentence at a time, through a method that is no forward: nothing links the layers' shapes.
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(9, 6)
        self.lstm = nn.LSTM(6, 16)
        self.tags = nn.Linear(16, 3)

    def scores(self, sentence):
        words = self.embed(sentence)
        out, _ = self.lstm(words.view(len(sentence), 1, -1))
        return self.tags(out.view(len(sentence), -1))

    def cost(self, sentence, tags):
        scores = self.scores(sentence)
        return sum(row.logsumexp(0) - row[tag] for row, tag in zip(scores, tags, strict=True))


torch.manual_seed(0)
data = [(torch.tensor([0, 1, 2, 3, 4]), torch.tensor([0, 1, 2, 0, 1]))]
data += [(torch.tensor([5, 6, 7, 8]), torch.tensor([1, 2, 0, 1]))]
model = Tagger()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(150):
    for sentence, tags in data:
        model.zero_grad()
        model.cost(sentence, tags).backward()
        optimizer.step()
