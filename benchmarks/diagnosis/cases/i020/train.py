import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def textures(n, kinds, seed):
    """16x16 stripes: the kind is one of several directions and widths."""
    g = torch.Generator().manual_seed(seed)
    y = torch.randint(0, len(kinds), (n,), generator=g)
    angle = torch.tensor([k[0] for k in kinds])[y] * torch.pi / 180
    freq = torch.tensor([k[1] for k in kinds])[y]
    axis = torch.arange(16.0)
    yy, xx = torch.meshgrid(axis, axis, indexing="ij")
    along = xx * torch.cos(angle)[:, None, None] + yy * torch.sin(angle)[:, None, None]
    phase = 6.283 * torch.rand(n, 1, 1, generator=g)
    x = torch.sin(freq[:, None, None] * along + phase) + 1.8 * torch.randn(n, 16, 16, generator=g)
    return TensorDataset(x.unsqueeze(1), y)


def block(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2))


def accuracy(model, data):
    model.eval()
    hits = 0
    with torch.no_grad():
        for x, y in DataLoader(data, batch_size=256):
            hits += (model(x.to(DEVICE)).argmax(1).cpu() == y).sum().item()
    return hits / len(data)


def train_epoch(model, loader, optimizer):
    model.train()
    for x, y in loader:
        loss = nn.functional.cross_entropy(model(x.to(DEVICE)), y.to(DEVICE))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


def main():
    # stage one: many pictures of eight textures
    first = [(a, f) for a in (0.0, 45.0, 90.0, 135.0) for f in (0.7, 1.6)]
    model = nn.Sequential(block(1, 12), block(12, 24), block(24, 32), nn.Flatten(), nn.Linear(128, 8)).to(DEVICE)
    loader = DataLoader(textures(3000, first, 0), batch_size=60, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(4):
        print("pretraining", epoch, round(train_epoch(model, loader, optimizer), 4))

    # stage two: few pictures of four other textures, opened up from the top
    second = [(22.0, 1.1), (67.0, 1.1), (112.0, 1.1), (157.0, 1.1)]
    small, test = textures(240, second, 1), textures(1000, second, 2)
    model[4] = nn.Linear(128, 4).to(DEVICE)
    for p in model[:4].parameters():
        p.requires_grad_(False)
    optimizer = torch.optim.Adam(model[4].parameters(), lr=3e-3)
    loader = DataLoader(small, batch_size=24, shuffle=True)
    for epoch in range(24):
        if epoch in (8, 16):
            opened = model[2] if epoch == 8 else model[1]
            for p in opened.parameters():
                p.requires_grad_(True)
            optimizer.add_param_group({"params": list(opened.parameters()), "lr": 1e-3 if epoch == 8 else 5e-4})
        loss = train_epoch(model, loader, optimizer)
        if epoch % 4 == 3:
            print("fine-tuning", epoch, "groups", len(optimizer.param_groups), round(loss, 4), accuracy(model, test))
    print(f"FINAL accuracy={accuracy(model, test):.4f}")


if __name__ == "__main__":
    main()
