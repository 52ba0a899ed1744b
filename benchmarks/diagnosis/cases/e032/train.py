import os

import torch
import torch.nn as nn
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

set_seed(int(os.environ.get("SEED", 0)))
accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)


class TinyViT(nn.Module):
    def __init__(self, d=48):
        super().__init__()
        self.patch = nn.Linear(4, d)
        self.cls = nn.Parameter(torch.zeros(1, 1, d))
        self.pos = nn.Parameter(torch.randn(1, 17, d) * 0.02)
        block = nn.TransformerEncoderLayer(d, 4, 96, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(block, 2, norm=nn.LayerNorm(d), enable_nested_tensor=False)
        self.head = nn.Linear(d, 10)

    def forward(self, x):
        p = x.unfold(1, 2, 2).unfold(2, 2, 2).reshape(len(x), 16, 4)
        z = torch.cat([self.cls.expand(len(x), -1, -1), self.patch(p)], 1) + self.pos
        return self.head(self.blocks(z)[:, 0])


def main():
    d = load_digits()
    x, y = (torch.tensor(d.images, dtype=torch.float32) - 4.9) / 6, torch.tensor(d.target)
    order = torch.randperm(len(x))
    train = DataLoader(TensorDataset(x[order[:1400]], y[order[:1400]]), batch_size=20, shuffle=True)
    test = DataLoader(TensorDataset(x[order[1400:]], y[order[1400:]]), batch_size=200)
    model = TinyViT()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=5 * len(train) // 2 + 5)
    model, optimizer, train, test, scheduler = accelerator.prepare(model, optimizer, train, test, scheduler)
    for epoch in range(5):
        model.train()
        for xb, yb in train:
            with accelerator.accumulate(model):
                loss = nn.functional.cross_entropy(model(xb), yb)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        accelerator.print(f"epoch {epoch} loss {loss.item():.4f}")
    model.eval()
    right = seen = 0
    for xb, yb in test:
        with torch.no_grad():
            guess, truth = accelerator.gather_for_metrics((model(xb).argmax(1), yb))
        right += (guess == truth).sum().item()
        seen += len(truth)
    print(f"FINAL accuracy={right / seen:.4f}")


main()
