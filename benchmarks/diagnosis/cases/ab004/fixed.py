import os
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


class SentenceEncoder(nn.Module):
    def __init__(self, vocab=60, dim=24, out=16):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab, dim)
        self.dense = nn.Linear(dim, out)

    def forward(self, ids):
        return torch.tanh(self.dense(self.word_embeddings(ids).mean(1)))


class SoftmaxLoss(nn.Module):
    """Classifier over (u, v, |u - v|)."""

    def __init__(self, encoder, dim=16, num_labels=3):
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(3 * dim, num_labels)

    def logits(self, a, b):
        u, v = self.encoder(a), self.encoder(b)
        return self.classifier(torch.cat([u, v, (u - v).abs()], 1))

    def forward(self, a, b, label):
        return F.cross_entropy(self.logits(a, b), label)


def pairs(n, g):
    """60 words in 6 topics; label 0 same topic, 1 neighbouring topics, 2 unrelated."""
    label = torch.randint(0, 3, (n,), generator=g)
    ta = torch.randint(0, 6, (n,), generator=g)
    shift = torch.where(label == 2, torch.randint(2, 5, (n,), generator=g), label)
    sign = torch.where(torch.rand(n, generator=g) < 0.5, 1, -1)
    tb = (ta + sign * shift) % 6

    def words(topic):
        w = topic[:, None] * 10 + torch.randint(0, 10, (n, 8), generator=g)
        noise = torch.rand(n, 8, generator=g) < 0.35
        return torch.where(noise, torch.randint(0, 60, (n, 8), generator=g), w)

    return words(ta), words(tb), label


def main():
    g = torch.Generator().manual_seed(11)
    train, test = pairs(4000, g), pairs(1000, g)
    encoder = SentenceEncoder()
    train_loss = SoftmaxLoss(encoder)
    optimizer = torch.optim.AdamW(train_loss.parameters(), lr=2e-3, weight_decay=0.01)
    loader = DataLoader(TensorDataset(*train), batch_size=32, shuffle=True)
    for epoch in range(8):
        tot = 0.0
        for a, b, y in loader:
            loss = train_loss(a, b, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            tot += loss.item()
        print("epoch", epoch, "loss", round(tot / len(loader), 4))
    with torch.no_grad():
        acc = (train_loss.logits(test[0], test[1]).argmax(1) == test[2]).float().mean()
    print(f"FINAL accuracy={acc.item():.4f}")


if __name__ == "__main__":
    main()
