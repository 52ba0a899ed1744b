import os
import random
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Dataset
from transformers import GPT2Config, GPT2LMHeadModel

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
np.random.seed(SEED)
random.seed(SEED)


@dataclass
class RunConfig:
    block: int = 32
    batch_size: int = 16
    steps: int = 220
    lr: float = 3e-3
    n_embd: int = 48


NOUNS = ["cat", "dog", "bird", "king", "ship", "tree"]
VERBS = ["sees", "likes", "finds", "hears"]
ADJ = ["old", "red", "tiny", "calm"]


def sentence(rnd):
    a, b = rnd.choice(NOUNS), rnd.choice(NOUNS)
    return f"the {rnd.choice(ADJ)} {a} {rnd.choice(VERBS)} the {b}. "


class CharBlocks(Dataset):
    def __init__(self, ids, block):
        self.ids, self.block = ids, block

    def __len__(self):
        return (len(self.ids) - 1) // self.block

    def __getitem__(self, i):
        chunk = self.ids[i * self.block : (i + 1) * self.block + 1]
        return {"input_ids": chunk[:-1], "labels": chunk[:-1]}


@torch.no_grad()
def score(model, ids, block):
    """Average nats per character when every character is predicted from those before it."""
    model.eval()
    n = len(ids) // block
    x = ids[: n * block].view(n, block)
    logits = model(input_ids=x).logits
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.size(-1)), x[:, 1:].reshape(-1)).item()


def main():
    cfg = RunConfig()
    rnd = random.Random(SEED)
    text = "".join(sentence(rnd) for _ in range(2500))
    vocab = sorted(set(text))
    ids = torch.tensor([vocab.index(c) for c in text])
    cut = int(0.9 * len(ids))
    train_ids, val_ids = ids[:cut], ids[cut:]
    loader = DataLoader(CharBlocks(train_ids, cfg.block), batch_size=cfg.batch_size, shuffle=True, drop_last=True)

    model = GPT2LMHeadModel(GPT2Config(vocab_size=len(vocab), n_positions=64, n_embd=cfg.n_embd, n_layer=2, n_head=4,
                                       resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
                                       bos_token_id=0, eos_token_id=0))
    optim = torch.optim.AdamW(model.parameters(), lr=cfg.lr, weight_decay=0.01)
    sched = torch.optim.lr_scheduler.CosineAnnealingLR(optim, cfg.steps)
    it = iter(loader)
    for step in range(cfg.steps):
        try:
            batch = next(it)
        except StopIteration:
            it = iter(loader)
            batch = next(it)
        model.train()
        out = model(**batch)
        out.loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optim.step()
        sched.step()
        optim.zero_grad(set_to_none=True)
        if step % 40 == 0:
            print(f"step {step} train loss {out.loss.item():.4f}")
    print(f"FINAL nll={score(model, val_ids[:4096], cfg.block):.4f}")


if __name__ == "__main__":
    main()
