import os

import torch
import torch.nn as nn
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
set_seed(seed)


class RowGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(8, 64, batch_first=True, bidirectional=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        out, _ = self.gru(x)
        return self.head(out.mean(1))


def main():
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=4)
    d = load_digits()
    x = torch.tensor(d.images, dtype=torch.float32) / 8 - 1
    y = torch.tensor(d.target)
    p = torch.randperm(len(y))
    train = DataLoader(TensorDataset(x[p[:1440]], y[p[:1440]]), batch_size=12, shuffle=True)
    test = DataLoader(TensorDataset(x[p[1440:]], y[p[1440:]]), batch_size=119)
    model = RowGRU()
    optimizer = torch.optim.Adam(model.parameters(), lr=6e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 100, gamma=0.5)
    model, optimizer, train, test, scheduler = accelerator.prepare(model, optimizer, train, test, scheduler)
    for epoch in range(6):
        model.train()
        for xb, yb in train:
            with accelerator.accumulate(model):
                loss = nn.functional.cross_entropy(model(xb), yb)
                accelerator.backward(loss)
                optimizer.step()
                scheduler.step()
                optimizer.zero_grad()
        accelerator.print(f"epoch {epoch} loss {loss.item():.4f}")
    model.eval()
    hits = 0
    with torch.no_grad():
        for xb, yb in test:
            hits += (model(xb).argmax(1) == yb).sum().item()
    print(f"FINAL accuracy={hits / (len(y) - 1440):.4f}")


if __name__ == "__main__":
    main()
