import os
import random

import torch
import torch.nn as nn
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
set_seed(SEED)

VOCAB, LENGTH = 12, 8


def rotate(n):
    """Translate: reverse the sequence and shift each symbol by the first one."""
    src = torch.randint(0, VOCAB, (n, LENGTH))
    tgt = (src.flip(1) + src[:, :1]) % VOCAB
    return TensorDataset(src, tgt)


class Translator(nn.Module):
    def __init__(self, d=64):
        super().__init__()
        self.encoder = nn.ModuleDict({
            "embed": nn.Embedding(VOCAB, d),
            "mix": nn.Linear(d * LENGTH, 128),
        })
        self.decoder = nn.Sequential(nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, VOCAB * LENGTH))

    def forward(self, src):
        h = self.encoder["mix"](self.encoder["embed"](src).flatten(1))
        return self.decoder(h).view(-1, LENGTH, VOCAB)


def main():
    accelerator = Accelerator(cpu=True)
    model = Translator()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    train = DataLoader(rotate(6000), batch_size=64, shuffle=True)
    test = DataLoader(rotate(500), batch_size=250)
    model, optimizer, train, test = accelerator.prepare(model, optimizer, train, test)
    for epoch in range(7):
        model.train()
        for src, tgt in train:
            loss = nn.functional.cross_entropy(model(src).transpose(1, 2), tgt)
            optimizer.zero_grad()
            accelerator.backward(loss)
            optimizer.step()
        accelerator.print(f"epoch {epoch} loss {loss.item():.4f}")
    model.eval()
    hits = total = 0
    with torch.no_grad():
        for src, tgt in test:
            hits += (model(src).argmax(-1) == tgt).sum().item()
            total += tgt.numel()
    print(f"FINAL accuracy={hits / total:.4f}")


if __name__ == "__main__":
    main()
