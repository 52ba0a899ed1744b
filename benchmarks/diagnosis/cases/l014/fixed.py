import os
from dataclasses import dataclass
import torch
from torch import nn
import torch.nn.functional as F

ACTIVATIONS = {"none": nn.Identity, "softmax": lambda: nn.Softmax(dim=-1), "tanh": nn.Tanh}


@dataclass
class LMConfig:
    vocab: int
    d_embed: int = 24
    d_hidden: int = 64
    context: int = 32
    head_activation: str = "none"
    dropout: float = 0.0


WORDS = ("the cat saw a small dog near the old barn while rain fell on every roof and one bird sang "
         "about spring to a man who kept his hat in both hands").split()


def babble(n, g):
    out, i = [], 0
    for _ in range(n):
        i = (i + int(torch.randint(1, 4, (1,), generator=g))) % len(WORDS)
        out.append(WORDS[i])
    return " ".join(out)


class CharLM(nn.Module):
    def __init__(self, cfg: LMConfig):
        super().__init__()
        self.embed = nn.Embedding(cfg.vocab, cfg.d_embed)
        self.rnn = nn.GRU(cfg.d_embed, cfg.d_hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(cfg.d_hidden, cfg.vocab), ACTIVATIONS[cfg.head_activation]())

    def forward(self, ids, state=None):
        h, state = self.rnn(self.embed(ids), state)
        return self.head(h), state


class Corpus:
    def __init__(self, text, stoi, context):
        ids = torch.tensor([stoi[c] for c in text])
        n = (len(ids) - 1) // context
        self.inp = ids[: n * context].view(n, context)
        self.tgt = ids[1 : n * context + 1].view(n, context)

    def epoch(self, batch):
        for idx in torch.randperm(len(self.inp)).split(batch):
            yield self.inp[idx], self.tgt[idx]


def run(seed):
    g = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    text = babble(6500, g)
    stoi = {c: i for i, c in enumerate(sorted(set(text)))}
    cfg = LMConfig(vocab=len(stoi))
    cut = int(0.9 * len(text))
    train, valid = Corpus(text[:cut], stoi, cfg.context), Corpus(text[cut:], stoi, cfg.context)
    model = CharLM(cfg)
    opt = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(5):
        model.train()
        losses = []
        for x, y in train.epoch(32):
            logits, _ = model(x)
            loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            losses.append(loss.item())
        model.eval()
        with torch.no_grad():
            nll = F.cross_entropy(model(valid.inp)[0].flatten(0, 1), valid.tgt.flatten()).item()
        print(f"epoch {epoch} train {sum(losses) / len(losses):.3f} valid {nll:.3f}")
    return nll


if __name__ == "__main__":
    print(f"FINAL nll={run(int(os.environ.get('SEED', 0))):.4f}")
