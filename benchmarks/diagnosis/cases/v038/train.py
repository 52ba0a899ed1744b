import os
import numpy as np
import torch
from torch import nn, optim
from torch.utils.data import Dataset, DataLoader


class NoisyShapes(Dataset):
    """16x16 pictures of rectangles and rings; returns (noisy, clean)."""

    def __init__(self, size, seed):
        rs = np.random.RandomState(seed)
        yy, xx = np.mgrid[:16, :16]
        clean = np.zeros((size, 1, 16, 16), dtype=np.float32)
        for k in range(size):
            for _ in range(rs.randint(1, 3)):
                cy, cx = rs.randint(4, 12, 2)
                if rs.rand() < 0.5:
                    h, w = rs.randint(2, 5, 2)
                    clean[k, 0][(abs(yy - cy) <= h) & (abs(xx - cx) <= w)] = 1
                else:
                    r = np.hypot(yy - cy, xx - cx)
                    clean[k, 0][(r < 5) & (r > 2.5)] = 1
        self.clean = torch.from_numpy(clean)
        self.noisy = self.clean + 0.4 * torch.from_numpy(rs.randn(*clean.shape).astype(np.float32))

    def __len__(self):
        return len(self.clean)

    def __getitem__(self, i):
        return self.noisy[i], self.clean[i]


class DenoisingAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 12, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(24, 12, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(12, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


if __name__ == "__main__":
    seed = int(os.environ.get("SEED", 0))
    torch.manual_seed(seed)
    train_set, val_set = NoisyShapes(2000, seed), NoisyShapes(400, seed + 1000)
    train_loader = DataLoader(train_set, batch_size=40, shuffle=True)
    val_loader = DataLoader(val_set, batch_size=100)

    model = DenoisingAutoencoder()
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    criterion = nn.MSELoss()

    for epoch in range(8):
        model.train()
        running = 0.0
        for noisy, clean in train_loader:
            optimizer.zero_grad()
            loss = criterion(model(noisy), clean)
            loss.backward()
            optimizer.step()
            running += loss.item()
        model.eval()
        with torch.no_grad():
            val = np.mean([criterion(model(n), c).item() for n, c in val_loader])
        print(f"epoch {epoch}: train {running / len(train_loader):.4f} val {val:.4f}")

    r2 = 1 - val / val_set.clean.var().item()
    print(f"FINAL r2={r2:.4f}")
