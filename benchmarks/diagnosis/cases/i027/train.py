"""Which way does the dot go? Small films: a convolution for each picture, an LSTM over them."""
import os

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
T, SIDE = 8, 12


def films(n, seed):
    """0 rightwards, 1 leftwards, 2 downwards, 3 upwards, 4 it only trembles."""
    g = torch.Generator().manual_seed(seed)
    kind = torch.randint(0, 5, (n,), generator=g)
    way = torch.tensor([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])[kind]
    speed = 0.5 + 0.4 * torch.rand(n, 1, 1, generator=g)
    t = torch.arange(T).view(1, T, 1) - (T - 1) / 2
    middle = 4 + 3 * torch.rand(n, 1, 2, generator=g)
    place = middle + speed * t * way[:, None, :] + 0.3 * torch.randn(n, T, 2, generator=g)
    axis = torch.arange(SIDE).float()
    cy, cx = place[..., 0], place[..., 1]
    dist = (axis.view(1, 1, -1, 1) - cy[:, :, None, None]) ** 2 + (axis - cx[:, :, None, None]) ** 2
    x = torch.exp(-dist / 2) + 0.15 * torch.randn(n, T, SIDE, SIDE, generator=g)
    return TensorDataset(x.unsqueeze(2), kind)


class FilmNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(144, 32), nn.ReLU(),
        )
        self.follow = nn.LSTM(32, 32)
        self.decide = nn.Linear(32, 5)

    def forward(self, x):
        b, t = x.shape[:2]
        pictures = self.look(x.reshape(b * t, 1, SIDE, SIDE))
        sequence = pictures.view(b, t, -1).transpose(0, 1)  # time first, as the LSTM wants it
        _, (h, _) = self.follow(sequence)
        return self.decide(h[-1])


model = FilmNet()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
train = DataLoader(films(2400, 0), batch_size=32, shuffle=True)
val = DataLoader(films(600, 1), batch_size=100)
for epoch in range(8):
    model.train()
    for x, y in train:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for x, y in val:
            right += (model(x).argmax(1) == y).sum().item()
    print(f"Epoch {epoch}: loss={loss.item():.4f}, val_acc={right / 600:.4f}")
print(f"FINAL accuracy={right / 600:.4f}")
