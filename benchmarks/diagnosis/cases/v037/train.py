import os
from collections import Counter

import numpy as np
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
rng = np.random.default_rng(SEED)
torch.manual_seed(SEED)

GOOD = "great lovely superb charming brilliant moving clever delightful".split()
BAD = "dull awful clumsy boring weak tedious shallow messy".split()
FILL = "the film was and its plot with a cast that music felt very quite scenes in".split()
vocab = ["<pad>"] + GOOD + BAD + FILL
index = {w: i for i, w in enumerate(vocab)}


def review(label):
    main, other = (GOOD, BAD) if label else (BAD, GOOD)
    words = list(rng.choice(main, rng.integers(2, 4))) + list(rng.choice(other, rng.integers(0, 2)))
    words += list(rng.choice(FILL, rng.integers(6, 14)))
    rng.shuffle(words)
    return words


# word vectors fitted beforehand on a large unlabelled corpus (PPMI + SVD)
counts = np.zeros((len(vocab), len(vocab)))
for _ in range(3000):
    ids = [index[w] for w in review(rng.integers(0, 2))]
    for i in range(len(ids)):
        for j in ids[max(0, i - 4) : i]:
            counts[ids[i], j] += 1
            counts[j, ids[i]] += 1
p = counts / counts.sum()
marg = p.sum(1, keepdims=True) + 1e-12
ppmi = np.maximum(np.log((p + 1e-12) / (marg * marg.T)), 0)
u, s, _ = np.linalg.svd(ppmi)
vectors = torch.tensor(u[:, :16] * np.sqrt(s[:16]), dtype=torch.float32)
vectors = vectors / vectors[1:].std()
vectors[0] = 0


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(vectors, freeze=True, padding_idx=0)
        self.gru = nn.GRU(16, 24, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(48, 2)

    def forward(self, tokens, lengths):
        packed = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return self.linear(torch.cat([h[0], h[1]], dim=1))


def collate(batch):
    seqs, labels = zip(*batch)
    lengths = torch.tensor([len(q) for q in seqs])
    return pad_sequence([torch.tensor(q) for q in seqs], batch_first=True), lengths, torch.tensor(labels)


def dataset(n):
    labels = rng.integers(0, 2, n)
    return [([index[w] for w in review(y)], int(y)) for y in labels]


train, test = dataset(1600), dataset(600)
print("classes", Counter(y for _, y in train))
train_loader = DataLoader(train, batch_size=32, shuffle=True, collate_fn=collate)
test_loader = DataLoader(test, batch_size=200, collate_fn=collate)

model = Classifier()
optimizer = torch.optim.Adam((p for p in model.parameters() if p.requires_grad), lr=3e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(5):
    model.train()
    for tokens, lengths, labels in train_loader:
        loss = criterion(model(tokens, lengths), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for tokens, lengths, labels in test_loader:
            correct += (model(tokens, lengths).argmax(1) == labels).sum().item()
    print(f"epoch {epoch + 1} last loss {loss.item():.4f} test accuracy {correct / len(test):.4f}")
print(f"FINAL accuracy={correct / len(test):.4f}")
