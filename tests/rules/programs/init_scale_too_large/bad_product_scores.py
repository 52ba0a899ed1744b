# SPDX-License-Identifier: Apache-2.0
# expects: init-scale-too-large words contexts
# Which words stand together, as scores of yes and no: products of rows of the module's own tables.
import torch
from torch import nn


class Pairs(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Parameter(torch.randn(300, 64))
        self.contexts = nn.Parameter(torch.randn(300, 64))

    def forward(self, word, others):
        return torch.bmm(self.contexts[others], self.words[word].unsqueeze(2)).squeeze(2)


torch.manual_seed(0)
topic = torch.randint(0, 12, (300,))
model = Pairs()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
for _ in range(150):
    word, others = torch.randint(0, 300, (64,)), torch.randint(0, 300, (64, 5))
    together = (topic[word].unsqueeze(1) == topic[others]).float()
    loss = nn.functional.binary_cross_entropy_with_logits(model(word, others), together)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
