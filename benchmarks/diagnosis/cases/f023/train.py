import argparse
import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--unfreeze-epoch", type=int, default=10)
    p.add_argument("--batch-size", type=int, default=50)
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=int(os.environ.get("SEED", 0)))
    return p.parse_args()


def waves(n, length=64):
    """four kinds of signals: sine, square, sawtooth, chirp"""
    t = torch.linspace(0, 1, length)
    kind = torch.randint(0, 4, (n,))
    f = 2 + 4 * torch.rand(n, 1)
    phase = f * t + torch.rand(n, 1)
    chirp = torch.sin(2 * torch.pi * (f * t + 3 * t ** 2))
    options = torch.stack([torch.sin(2 * torch.pi * phase), torch.sign(torch.sin(2 * torch.pi * phase)), 2 * (phase % 1) - 1, chirp], 1)
    x = options[torch.arange(n), kind] + 0.4 * torch.randn(n, length)
    return x.unsqueeze(1), kind


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(1, 16, 7, stride=2, padding=3), nn.ReLU(),
            nn.Conv1d(16, 16, 5, stride=2, padding=2), nn.ReLU(),
            nn.Conv1d(16, 16, 5, stride=2, padding=2), nn.ReLU(),
            nn.AdaptiveAvgPool1d(1), nn.Flatten(),
        )
        self.head = nn.Linear(16, 4)

    def forward(self, x):
        return self.head(self.encoder(x))

    def set_encoder_trainable(self, flag):
        for p in self.encoder.parameters():
            p.requires_grad = flag


def main(args):
    torch.manual_seed(args.seed)
    loader = DataLoader(TensorDataset(*waves(2500)), batch_size=args.batch_size, shuffle=True)
    x_val, y_val = waves(800)
    model = Model()
    model.set_encoder_trainable(False)
    optimizer = torch.optim.Adam(model.parameters(), lr=args.lr)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(args.epochs):
        if epoch == args.unfreeze_epoch:
            model.set_encoder_trainable(True)
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            acc = (model(x_val).argmax(1) == y_val).float().mean().item()
        print(f"epoch {epoch}: train loss {loss.item():.3f} val acc {acc:.3f}")
    print(f"FINAL accuracy={acc:.4f}")


if __name__ == "__main__":
    main(get_args())
