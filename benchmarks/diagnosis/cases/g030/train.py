import os
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def pairs(n, size=20):
    clean = torch.zeros(n, 1, size, size)
    for i in range(n):
        for _ in range(4):
            r, c = torch.randint(0, size - 4, (2,)).tolist()
            h, w = torch.randint(3, 9, (2,)).tolist()
            clean[i, 0, r:r + h, c:c + w] += 2 * torch.rand(1).item() - 1
    return clean + 0.5 * torch.randn_like(clean), clean


class ResBlock(nn.Module):
    def __init__(self, ch):
        super().__init__()
        self.conv1 = nn.Conv2d(ch, ch, 3, padding=1)
        self.conv2 = nn.Conv2d(ch, ch, 3, padding=1)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(x + self.conv2(self.act(self.conv1(x))))


class Denoiser(nn.Module):
    def __init__(self, ch=16):
        super().__init__()
        self.head = nn.Conv2d(1, ch, 3, padding=1)
        self.blocks = nn.Sequential(ResBlock(ch), ResBlock(ch))
        self.tail = nn.Conv2d(ch, 1, 3, padding=1)

    def forward(self, x):
        return self.tail(self.blocks(self.head(x)))


def main():
    loader = DataLoader(TensorDataset(*pairs(500)), batch_size=20, shuffle=True)
    noisy, clean = pairs(150)
    model = Denoiser()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.02)
    criterion = nn.L1Loss()
    for epoch in range(7):
        model.train()
        total = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: l1 {total / len(loader):.4f}")
    model.eval()
    with torch.no_grad():
        error = ((model(noisy) - clean) ** 2).mean() / clean.var()
    print(f"FINAL r2={1 - error.item():.4f}")


if __name__ == "__main__":
    main()
