import os
import random

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

VOCAB = {"<pad>": 0, "(": 1, ")": 2, "[": 3, "]": 4, "a": 5, "b": 6}


def sample():
    """the class is the deepest nesting reached (1..4)"""
    depth = random.randint(1, 4)
    s, level, peak = [], 0, 0
    while peak < depth or len(s) < 6:
        if level < depth and (level == 0 or random.random() < 0.55):
            s.append(random.choice("(["))
            level += 1
            peak = max(peak, level)
        else:
            s.append(random.choice(")]ab"))
            if s[-1] in ")]":
                level -= 1
    return torch.tensor([VOCAB[c] for c in s[:30]]), depth - 1


class Reader(nn.Module):
    def __init__(self, emb=16, hidden=48, classes=4):
        super().__init__()
        self.embedding = nn.Embedding(len(VOCAB), emb, padding_idx=0)
        self.lstm = nn.LSTM(emb, hidden, batch_first=True)
        self.decoder = nn.Linear(hidden, classes)

    def forward(self, tokens, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.decoder(h[-1])


def collate(items):
    seqs, labels = zip(*items)
    return pad_sequence(seqs, batch_first=True), torch.tensor([len(s) for s in seqs]), torch.tensor(labels)


train_set = [sample() for _ in range(3000)]
test_set = [sample() for _ in range(600)]
loader = torch.utils.data.DataLoader(train_set, batch_size=50, shuffle=True, collate_fn=collate)

model = Reader()
loss_function = nn.NLLLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.004)

for epoch in range(8):
    total_loss = 0
    for tokens, lengths, labels in loader:
        model.zero_grad()
        tag_scores = model(tokens, lengths)
        loss = loss_function(tag_scores, labels)
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    print(f"epoch {epoch}: {total_loss / len(loader):.4f}")

with torch.no_grad():
    tokens, lengths, labels = collate(test_set)
    acc = (model(tokens, lengths).argmax(1) == labels).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
