import os
import random
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

FILLER = [f"w{i}" for i in range(60)]
HINTS = {1: ["refund", "charged", "card", "invoice"], 2: ["cancel", "close", "account", "leave"]}
VOCAB = {w: i + 1 for i, w in enumerate(FILLER + HINTS[1] + HINTS[2])}


def ticket(intent):
    words = [random.choice(FILLER) for _ in range(random.randint(8, 18))]
    for other in (1, 2):
        rate = 0.30 if other == intent else 0.07
        words = [random.choice(HINTS[other]) if random.random() < rate else w for w in words]
    return torch.tensor([VOCAB[w] for w in words])


class Tickets(Dataset):
    def __init__(self, n, shares):
        self.labels = random.choices([0, 1, 2], weights=shares, k=n)
        self.texts = [ticket(c) for c in self.labels]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.texts[i], self.labels[i]


def collate(batch):
    texts, labels = zip(*batch)
    lengths = torch.tensor([len(t) for t in texts])
    return pad_sequence(texts, batch_first=True), lengths, torch.tensor(labels)


class IntentNet(nn.Module):
    def __init__(self, vocab, dim=24, hidden=32, classes=3):
        super().__init__()
        self.embedding = nn.Embedding(vocab, dim, padding_idx=0)
        self.gru = nn.GRU(dim, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, tokens, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return self.fc(h[-1])


def main():
    train = DataLoader(Tickets(3000, [0.96, 0.02, 0.02]), batch_size=50, shuffle=True, collate_fn=collate)
    test = DataLoader(Tickets(900, [1, 1, 1]), batch_size=100, collate_fn=collate)
    model = IntentNet(len(VOCAB) + 1)
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 48.0, 48.0]) / 33)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(5):
        model.train()
        losses, hits, seen = 0.0, 0, 0
        for tokens, lengths, labels in train:
            optimizer.zero_grad()
            scores = model(tokens, lengths)
            loss = criterion(scores, labels)
            loss.backward()
            optimizer.step()
            losses += loss.item() * len(labels)
            hits += (scores.argmax(1) == labels).sum().item()
            seen += len(labels)
        print(f"epoch {epoch}: loss {losses / seen:.4f} accuracy {hits / seen:.3f}")

    model.eval()
    found, count = torch.zeros(3), torch.zeros(3)
    with torch.no_grad():
        for tokens, lengths, labels in test:
            guess = model(tokens, lengths).argmax(1)
            for c in range(3):
                found[c] += ((guess == c) & (labels == c)).sum()
                count[c] += (labels == c).sum()
    print(f"FINAL recall={(found / count).mean().item():.4f}")


if __name__ == "__main__":
    main()
