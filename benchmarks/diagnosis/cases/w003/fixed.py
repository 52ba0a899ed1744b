import os
import random
import math
import numpy as np
import torch
from torch import nn, optim
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
np.random.seed(SEED)
torch.manual_seed(SEED)

VOCAB, LENGTH, LABELS = 400, 14, 40

# every topic has its favourite words, neighbouring topics share some
gen = np.random.RandomState(7)
topic_words = [gen.choice(np.arange(1, VOCAB), 14, replace=False) for _ in range(LABELS)]
for k in range(LABELS):
    topic_words[k][:4] = topic_words[(k + 1) % LABELS][4:8]


def corpus(n, rs):
    y = rs.randint(0, LABELS, n)
    x = rs.randint(1, VOCAB, (n, LENGTH))
    for i in range(n):
        spots = rs.choice(LENGTH, 5, replace=False)
        x[i, spots] = rs.choice(topic_words[y[i]], 5)
    return torch.as_tensor(x), torch.as_tensor(y)


class PositionalEncoding(nn.Module):
    def __init__(self, d, n):
        super().__init__()
        pos = torch.arange(n).unsqueeze(1)
        div = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
        pe = torch.zeros(n, d)
        pe[:, 0::2], pe[:, 1::2] = torch.sin(pos * div), torch.cos(pos * div)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + 0.3 * self.pe[: x.size(1)]


class TransformerClassifier(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, d)
        self.position = PositionalEncoding(d, LENGTH)
        layer = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.fc = nn.Linear(d, LABELS)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, x):
        h = self.encoder(self.position(self.embed(x)))
        return self.softmax(self.fc(h.mean(1)))


def run_epoch(model, x, y, op, loss_op):
    model.train()
    losses = []
    for b in torch.randperm(len(y)).split(64):
        op.zero_grad()
        y_pred = model(x[b])
        loss = loss_op(y_pred, y[b])
        loss.backward()
        losses.append(loss.item())
        op.step()
    return np.mean(losses)


def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


train_x, train_y = corpus(3200, np.random.RandomState(SEED + 1))
val_x, val_y = corpus(1000, np.random.RandomState(SEED + 2))
net = TransformerClassifier()
op = optim.Adam(net.parameters(), lr=1e-3)
loss_op = nn.NLLLoss()
for epoch in range(12):
    l = run_epoch(net, train_x, train_y, op, loss_op)
    print(f"Epoch {epoch}\tloss {l:.4f}\tval acc {evaluate(net, val_x, val_y):.4f}")
print(f"FINAL accuracy={evaluate(net, val_x, val_y):.4f}")
