import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rs = np.random.RandomState(SEED)

GOOD = "great lovely superb charming brilliant moving fresh funny clever warm".split()
BAD = "awful dull boring clumsy weak silly flat noisy cheap cold".split()
FILL = ("the a film movie plot was is with and of story actor actress scene music this that it "
        "very really quite rather some many one two end start camera role script").split()


def review():
    label = rs.randint(2)
    n = int(np.clip(rs.lognormal(2.4, 0.45), 5, 50))
    words = list(rs.choice(FILL, n))
    for _ in range(max(2, n // 5)):
        bag = (GOOD, BAD)[label] if rs.rand() < 0.9 else (BAD, GOOD)[label]
        words[rs.randint(n)] = rs.choice(bag)
    return " ".join(words), label


texts, labels = zip(*[review() for _ in range(4000)])
vocab = {"<pad>": 0}
for t in texts:
    for w in t.split():
        vocab.setdefault(w, len(vocab))


def pad_sequences(seqs, maxlen):
    out = np.zeros((len(seqs), maxlen), dtype=np.int64)
    for i, s in enumerate(seqs):
        out[i, maxlen - len(s):] = s
    return out


ids = [[vocab[w] for w in t.split()] for t in texts]
longest = max(len(s) for s in ids)
X = pad_sequences(ids, longest)
MAX_LEN = 24
X = torch.from_numpy(X[:, -MAX_LEN:])   # reviews are short, keeps the LSTM quick
y = torch.tensor(labels)
print("longest review", longest, "vocabulary", len(vocab), "X", tuple(X.shape))

X_train, y_train, X_test, y_test = X[:3200], y[:3200], X[3200:], y[3200:]


class SentimentLSTM(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, 32, padding_idx=0)
        self.lstm = nn.LSTM(32, 32, batch_first=True)
        self.fc = nn.Linear(32, 2)

    def forward(self, x):
        h, _ = self.lstm(self.embedding(x))
        return self.fc(h[:, -1, :])


model = SentimentLSTM(len(vocab))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(6):
    order = torch.randperm(len(X_train))
    running, hits = 0.0, 0
    for i in range(0, len(order), 50):
        b = order[i:i + 50]
        out = model(X_train[b])
        loss = loss_fn(out, y_train[b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running += loss.item() * len(b)
        hits += (out.argmax(1) == y_train[b]).sum().item()
    print(f"epoch {epoch + 1} loss {running / len(order):.4f} acc {hits / len(order):.3f}")

with torch.no_grad():
    acc = (model(X_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
