"""Tag every token with the number of its other occurrences in the sequence (0 to 3)."""
import os
from dataclasses import dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    vocab: int = 12
    length: int = 16
    width: int = 48
    heads: int = 4
    layers: int = 2
    batch: int = 64
    steps: int = 350
    lr: float = 2e-3
    seed: int = int(os.environ.get("SEED", 0))


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, d = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / (d // self.heads) ** 0.5).softmax(-1)
        mixed = weights @ v
        return self.out(mixed.transpose(1, 2).reshape(b, t, d))


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Tagger(nn.Module):
    def __init__(self, cfg: Config) -> None:
        super().__init__()
        self.token = nn.Embedding(cfg.vocab, cfg.width)
        self.position = nn.Embedding(cfg.length, cfg.width)
        self.blocks = nn.ModuleList(Block(cfg.width, cfg.heads) for _ in range(cfg.layers))
        self.head = nn.Linear(cfg.width, 4)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.token(ids) + self.position.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class TagData:
    def __init__(self, cfg: Config) -> None:
        self.cfg = cfg

    def batch(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        ids = torch.randint(0, self.cfg.vocab, (n, self.cfg.length))
        return ids, ((ids[:, :, None] == ids[:, None]).sum(2) - 1).clamp(max=3)


class Trainer:
    def __init__(self, cfg: Config) -> None:
        self.cfg, self.data, self.model = cfg, TagData(cfg), Tagger(cfg)
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=cfg.lr)

    def fit(self) -> None:
        for step in range(self.cfg.steps):
            ids, tags = self.data.batch(self.cfg.batch)
            loss = F.cross_entropy(self.model(ids).flatten(0, 1), tags.flatten())
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            if step % 50 == 0:
                print(f"step {step}: loss {loss.item():.4f}")

    @torch.no_grad()
    def score(self) -> float:
        self.model.eval()
        ids, tags = self.data.batch(500)
        return (self.model(ids).argmax(-1) == tags).float().mean().item()


if __name__ == "__main__":
    config = Config()
    torch.manual_seed(config.seed)
    trainer = Trainer(config)
    trainer.fit()
    print(f"FINAL accuracy={trainer.score():.4f}")
