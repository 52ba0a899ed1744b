# SPDX-License-Identifier: Apache-2.0
# expects: logits-into-nll head
# What CTC is given for each time's symbols are the last layer's own numbers.
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(6, 24, 3, padding=1)
        self.head = nn.Linear(24, 6)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)).permute(2, 0, 1))


torch.manual_seed(0)
text = torch.randint(1, 6, (300, 4))
signs = nn.functional.one_hot(text, 6).float().repeat_interleave(3, 1)
signs[:, ::3] = 0
signs = (signs + 0.2 * torch.randn_like(signs)).transpose(1, 2)
model, ctc = Net(), nn.CTCLoss(zero_infinity=True)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
for _ in range(100):
    rows = torch.randint(0, 300, (32,))
    given = model(signs[rows])
    loss = ctc(given, text[rows], torch.full((32,), 12), torch.full((32,), 4))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
