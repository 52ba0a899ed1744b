import os
import random
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SYLLABLES = {
    0: ["ka", "to", "mi", "shi", "ra", "no", "su"],
    1: ["ov", "ski", "rad", "mir", "ko", "niv", "ich"],
    2: ["mac", "don", "ald", "fer", "gus", "oo", "leigh"],
    3: ["ben", "ibn", "al", "has", "san", "oud", "fah"],
}


def name():
    k = random.randrange(4)
    pool = SYLLABLES[k] + random.choices([s for v in SYLLABLES.values() for s in v], k=3)
    return "".join(random.choices(pool, k=random.randint(2, 6))), k


def collate(pairs):
    seqs = [torch.tensor([LETTERS.index(c) + 1 for c in w]) for w, _ in pairs]
    lengths = torch.tensor([len(s) for s in seqs])
    origin = torch.tensor([k for _, k in pairs])
    lengths, order = lengths.sort(descending=True)
    padded = pad_sequence([seqs[i] for i in order], batch_first=True)
    return padded, lengths, origin


class NameOrigin(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.letters = nn.Embedding(27, 16, padding_idx=0)
        self.rnn = nn.LSTM(16, hidden, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, 4)

    def forward(self, padded, lengths):
        packed = pack_padded_sequence(self.letters(padded), lengths, batch_first=True)
        _, (h, _) = self.rnn(packed)
        return self.out(torch.cat([h[0], h[1]], 1))


train_loader = DataLoader([name() for _ in range(1600)], batch_size=32, shuffle=True, collate_fn=collate)
test_names = [name() for _ in range(400)]
model = NameOrigin()
opt = torch.optim.Adam(model.parameters(), lr=4e-3)
loss_fn = nn.CrossEntropyLoss()


def test():
    model.eval()
    hits = 0
    with torch.no_grad():
        for word, k in test_names:
            padded, lengths, _ = collate([(word, k)])
            hits += int(model(padded, lengths).argmax(1).item() == k)
    return hits / len(test_names)


for epoch in range(6):
    model.train()
    for padded, lengths, origin in train_loader:
        opt.zero_grad()
        loss = loss_fn(model(padded, lengths), origin)
        loss.backward()
        opt.step()
    print(f"epoch {epoch}: loss {loss.item():.4f}")
print(f"FINAL accuracy={test():.4f}")
