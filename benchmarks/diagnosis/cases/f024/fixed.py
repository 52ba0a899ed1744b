import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
SYMBOLS, STEPS, HIDDEN = 6, 8, 48


def batch(n):
    seq = torch.randint(0, SYMBOLS, (n, STEPS))
    return nn.functional.one_hot(seq, SYMBOLS).float(), seq[:, 0]


class RecallRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(SYMBOLS, HIDDEN)
        self.to_symbol = nn.Linear(HIDDEN, SYMBOLS)

    def init_hidden(self, n):
        return torch.zeros(n, HIDDEN)

    def forward(self, xs):
        h = self.init_hidden(xs.size(0))
        for t in range(xs.size(1)):
            h = self.cell(xs[:, t], h)
        return self.to_symbol(h)


rnn = RecallRNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(rnn.parameters(), lr=2e-3)
all_losses, current = [], 0.0
for it in range(1, 701):
    x, y = batch(64)
    rnn.zero_grad()
    loss = criterion(rnn(x), y)
    loss.backward()
    optimizer.step()
    current += loss.item()
    if it % 100 == 0:
        all_losses.append(current / 100)
        print(f"{it} ({it / 7:.0f}%) {all_losses[-1]:.4f}")
        current = 0.0

with torch.no_grad():
    x, y = batch(2000)
    accuracy = (rnn(x).argmax(dim=-1) == y).float().mean()
print(f"FINAL accuracy={accuracy:.4f}")
