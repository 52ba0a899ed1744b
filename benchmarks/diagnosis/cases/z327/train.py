import os
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PAD, BOS, EOS = 0, 1, 2


@dataclass
class Seq2SeqConfig:
    vocab: int = 11
    longest: int = 7
    width: int = 48
    heads: int = 4
    lr: float = 3e-3
    batch: int = 96
    steps: int = 400
    seed: int = int(os.environ.get("SEED", 0))


class ReverseTask:
    def __init__(self, cfg: Seq2SeqConfig):
        self.cfg = cfg

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        m = self.cfg.longest
        src, tgt = torch.full((n, m), PAD), torch.full((n, m + 2), PAD)
        for i, k in enumerate(torch.randint(3, m + 1, (n,)).tolist()):
            row = torch.randint(3, self.cfg.vocab, (k,))
            src[i, :k] = row
            tgt[i, : k + 2] = torch.cat([torch.tensor([BOS]), row.flip(0), torch.tensor([EOS])])
        return src, tgt


class Attention(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.q, self.kv, self.o = nn.Linear(width, width), nn.Linear(width, 2 * width), nn.Linear(width, width)

    def forward(self, x: Tensor, memory: Tensor, blocked: Tensor) -> Tensor:
        b, t, d = x.shape
        q = self.q(x).reshape(b, t, self.heads, -1).transpose(1, 2)
        k, v = self.kv(memory).reshape(b, memory.shape[1], 2, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT * (d // self.heads) ** -0.5
        weights = scores.masked_fill(blocked, float("-inf")).softmax(dim=-1)
        return self.o((weights @ v).transpose(1, 2).flatten(2))


class Layer(nn.Module):
    def __init__(self, cfg: Seq2SeqConfig, cross: bool):
        super().__init__()
        self.own = Attention(cfg.width, cfg.heads)
        self.cross = Attention(cfg.width, cfg.heads) if cross else None
        self.ff = nn.Sequential(nn.LayerNorm(cfg.width), nn.Linear(cfg.width, 96), nn.ReLU(), nn.Linear(96, cfg.width))
        self.n1, self.n2 = nn.LayerNorm(cfg.width), nn.LayerNorm(cfg.width)

    def forward(self, x, own_mask, memory=None, memory_mask=None):
        h = self.n1(x)
        x = x + self.own(h, h, own_mask)
        if self.cross is not None:
            x = x + self.cross(self.n2(x), memory, memory_mask)
        return x + self.ff(x)


class Seq2Seq(nn.Module):
    def __init__(self, cfg: Seq2SeqConfig):
        super().__init__()
        self.embed = nn.Embedding(cfg.vocab, cfg.width, padding_idx=PAD)
        self.place = nn.Embedding(cfg.longest + 2, cfg.width)
        self.encoder, self.decoder = Layer(cfg, False), Layer(cfg, True)
        self.out = nn.Linear(cfg.width, cfg.vocab)

    def lift(self, ids: Tensor) -> Tensor:
        return self.embed(ids) + self.place.weight[: ids.shape[1]]

    def forward(self, src: Tensor, tgt: Tensor) -> Tensor:
        src_blocked = (src == PAD)[:, None, None]
        memory = self.encoder(self.lift(src), src_blocked)
        t = tgt.shape[1]
        future = ~torch.ones(t, t, dtype=torch.bool).tril()
        return self.out(self.decoder(self.lift(tgt), future, memory, src_blocked))


class Trainer:
    def __init__(self, cfg: Seq2SeqConfig):
        self.cfg, self.task, self.model = cfg, ReverseTask(cfg), Seq2Seq(cfg)
        self.opt = torch.optim.Adam(self.model.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            src, tgt = self.task.batch(self.cfg.batch)
            logits = self.model(src, tgt[:, :-1])
            loss = F.cross_entropy(logits.transpose(1, 2), tgt[:, 1:], ignore_index=PAD)
            self.opt.zero_grad()
            loss.backward()
            self.opt.step()
            if step % 50 == 0:
                print(f"step {step} loss {loss.item():.4f}")

    @torch.no_grad()
    def accuracy(self) -> float:
        self.model.eval()
        src, tgt = self.task.batch(400)
        made = torch.full((400, 1), BOS)
        for _ in range(tgt.shape[1] - 1):
            made = torch.cat([made, self.model(src, made)[:, -1:].argmax(-1)], 1)
        real = tgt[:, 1:] != PAD
        return (made[:, 1:] == tgt[:, 1:])[real].float().mean().item()


cfg = Seq2SeqConfig()
torch.manual_seed(cfg.seed)
trainer = Trainer(cfg)
trainer.fit()
print(f"FINAL accuracy={trainer.accuracy():.4f}")
