import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)
SYMBOLS = 12
LENGTH = 20


def sequences(n):
    """which symbol follows the marker 0 for the last time?"""
    x = torch.randint(1, SYMBOLS, (n, LENGTH))
    y = torch.empty(n, dtype=torch.long)
    for i in range(n):
        for p in sorted(random.sample(range(LENGTH - 2), 3)):
            x[i, p] = 0
        last = (x[i] == 0).nonzero().max().item()
        y[i] = x[i, last + 1]
    return x, y


class StackedLSTM(nn.Module):
    def __init__(self, n_symbols, dim=16, hidden=48, layers=2):
        super().__init__()
        self.hidden = hidden
        self.embedding = nn.Embedding(n_symbols, dim)
        self.lstms = nn.ModuleList()
        for k in range(layers):
            self.lstms.append(nn.LSTMCell(dim if k == 0 else hidden, hidden))
        self.decoder = nn.Linear(hidden, n_symbols)

    def forward(self, tokens):
        state = [(torch.zeros(len(tokens), self.hidden), torch.zeros(len(tokens), self.hidden)) for _ in self.lstms]
        for t in range(tokens.shape[1]):
            x = self.embedding(tokens[:, t])
            for k, cell in enumerate(self.lstms):
                state[k] = cell(x, state[k])
                x = state[k][0]
        return self.decoder(x)


x_train, y_train = sequences(3000)
x_test, y_test = sequences(600)
model = StackedLSTM(SYMBOLS)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(8):
    shuffled = torch.randperm(len(x_train))
    running = 0.0
    for idx in shuffled.split(50):
        logits = model(x_train[idx])
        loss = F.cross_entropy(logits, y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        running += loss.item()
    print(f"epoch {epoch + 1}: {running / 60:.4f}")

with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
