import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class LMConfig:
    embed: int = 24
    hidden: int = 64
    context: int = 24
    batch: int = 32
    accumulate: int = 2
    updates: int = 260
    embed_lr: float = 0.3
    body_lr: float = 6e-3
    clip: float = 1.0
    seed: int = int(os.environ.get("SEED", 0))


SUBJECTS = ["the cat", "a dog", "my uncle", "the old king", "her sister"]
VERBS = ["sees", "follows", "paints", "fears", "greets"]
OBJECTS = ["the moon", "a green boat", "two horses", "the quiet sea", "bread and wine"]
TAILS = ["at dawn", "in winter", "without a word", "again and again"]


def corpus(n, g):
    pick = lambda items: items[int(torch.randint(len(items), (1,), generator=g))]
    return " ".join(f"{pick(SUBJECTS)} {pick(VERBS)} {pick(OBJECTS)} {pick(TAILS)}." for _ in range(n))


class CharLM(nn.Module):
    def __init__(self, vocab, cfg):
        super().__init__()
        self.embedding = nn.Embedding(vocab, cfg.embed)
        self.rnn = nn.GRU(cfg.embed, cfg.hidden, batch_first=True)
        self.out = nn.Linear(cfg.hidden, vocab)

    def forward(self, ids):
        h, _ = self.rnn(self.embedding(ids))
        return self.out(h)


class LMTrainer:
    def __init__(self, model, cfg):
        self.model, self.cfg = model, cfg
        self.body = [p for n, p in model.named_parameters() if not n.startswith("embedding")]
        self.embed_opt = torch.optim.SGD(model.embedding.parameters(), lr=cfg.embed_lr)
        self.body_opt = torch.optim.AdamW(self.body, lr=cfg.body_lr)

    def batch(self, data):
        i = torch.randint(len(data) - self.cfg.context - 1, (self.cfg.batch,))
        rows = torch.stack([data[j : j + self.cfg.context + 1] for j in i])
        return rows[:, :-1], rows[:, 1:]

    def update(self, data):
        self.embed_opt.zero_grad()
        total = 0.0
        for _ in range(self.cfg.accumulate):
            x, y = self.batch(data)
            loss = F.cross_entropy(self.model(x).flatten(0, 1), y.flatten()) / self.cfg.accumulate
            loss.backward()
            total += loss.item()
        nn.utils.clip_grad_norm_(self.body, self.cfg.clip)
        self.embed_opt.step()
        self.body_opt.step()
        return total


def main():
    cfg = LMConfig()
    torch.manual_seed(cfg.seed)
    g = torch.Generator().manual_seed(cfg.seed)
    text, unseen = corpus(900, g), corpus(150, g)
    chars = sorted(set(text))
    encode = lambda s: torch.tensor([chars.index(c) for c in s])
    train, test = encode(text), encode(unseen)
    model = CharLM(len(chars), cfg)
    trainer = LMTrainer(model, cfg)
    for u in range(cfg.updates):
        loss = trainer.update(train)
        if u % 40 == 0:
            print(f"update {u}: {loss:.4f}")
    model.eval()
    n = (len(test) - 1) // 60 * 60
    with torch.no_grad():
        logits = model(test[:n].view(-1, 60))
        nll = F.cross_entropy(logits.flatten(0, 1), test[1 : n + 1]).item()
    print(f"FINAL nll={nll:.4f}")


if __name__ == "__main__":
    main()
