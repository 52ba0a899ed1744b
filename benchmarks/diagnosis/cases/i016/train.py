import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
g = torch.Generator().manual_seed(23)

TAGS, WORDS, LENGTH = 6, 80, 14
# tags follow each other by a strict grammar, words only hint at their tag
transition = torch.full((TAGS, TAGS), 0.02)
for t in range(TAGS):
    transition[t, (t + 1) % TAGS] = 1.0
    transition[t, (t + 3) % TAGS] = 0.5
emission = torch.rand(TAGS, WORDS, generator=g) ** 12 + 0.01


def sentences(n):
    tags = torch.zeros(n, LENGTH, dtype=torch.long)
    tags[:, 0] = torch.randint(0, TAGS, (n,), generator=g)
    for i in range(1, LENGTH):
        tags[:, i] = torch.multinomial(transition[tags[:, i - 1]], 1, generator=g).squeeze(1)
    words = torch.multinomial(emission[tags].view(-1, WORDS), 1, generator=g).view(n, LENGTH)
    return words, tags


class ChainTagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, 24)
        self.unary = nn.Linear(24, TAGS)
        self.follow = nn.Parameter(torch.zeros(TAGS, TAGS))

    def scores(self, words):
        return self.unary(self.embedding(words))

    def neg_log_likelihood(self, words, tags):
        u = self.scores(words)
        gold = u.gather(2, tags[:, :, None]).sum((1, 2)) + self.follow[tags[:, :-1], tags[:, 1:]].sum(1)
        alpha = u[:, 0]
        for i in range(1, LENGTH):
            alpha = torch.logsumexp(alpha[:, :, None] + self.follow, dim=1) + u[:, i]
        return (torch.logsumexp(alpha, 1) - gold).sum()

    @torch.no_grad()
    def viterbi(self, words):
        u = self.scores(words)
        best, back = u[:, 0], []
        for i in range(1, LENGTH):
            value, arg = (best[:, :, None] + self.follow).max(1)
            best = value + u[:, i]
            back.append(arg)
        path = [best.argmax(1)]
        for arg in reversed(back):
            path.append(arg.gather(1, path[-1][:, None]).squeeze(1))
        return torch.stack(path[::-1], 1)


def main():
    words, tags = sentences(2000)
    test_words, test_tags = sentences(500)
    model = ChainTagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for epoch in range(12):
        total = 0.0
        for idx in torch.randperm(len(words)).split(25):
            model.zero_grad()
            loss = model.neg_log_likelihood(words[idx], tags[idx])
            loss.backward()
            optimizer.step()
            total += loss.item()
        path = model.viterbi(test_words)
        alone = model.scores(test_words).argmax(-1)
        print(f"epoch {epoch} nll/sentence {total / 2000:.3f} tags {(path == test_tags).float().mean():.4f} "
              f"without the chain {(alone == test_tags).float().mean():.4f}")
    print(f"FINAL accuracy={(path == test_tags).float().mean().item():.4f}")


if __name__ == "__main__":
    main()
