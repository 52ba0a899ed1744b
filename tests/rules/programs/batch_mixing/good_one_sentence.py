# SPDX-License-Identifier: Apache-2.0
# One sentence at a time, as in torch's own tutorial: its words are the steps, not the rows.
import torch
from torch import nn


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(9, 6)
        self.lstm = nn.LSTM(6, 16)
        self.tags = nn.Linear(16, 3)

    def forward(self, sentence):
        words = self.embed(sentence)
        out, _ = self.lstm(words.view(len(sentence), 1, -1))
        return torch.log_softmax(self.tags(out.view(len(sentence), -1)), dim=1)


torch.manual_seed(0)
data = [(torch.tensor([0, 1, 2, 3, 4]), torch.tensor([0, 1, 2, 0, 1]))]
data += [(torch.tensor([5, 6, 7, 8]), torch.tensor([1, 2, 0, 1]))]
model = Tagger()
optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
for _ in range(200):
    for sentence, tags in data:
        model.zero_grad()
        loss = nn.functional.nll_loss(model(sentence), tags)
        loss.backward()
        optimizer.step()
