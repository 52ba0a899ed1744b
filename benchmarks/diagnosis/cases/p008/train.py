import os
import numpy as np
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)
rs = np.random.RandomState(seed)
S = 20


def frames(n):
    """Frames with one dark cross (to be found) and three bright discs; world coordinates in centimetres."""
    img = 0.2 * rs.randn(n, 1, S, S)
    at = rs.randint(3, S - 3, (n, 2))
    g = np.mgrid[:S, :S]
    for k in range(n):
        r, c = at[k]
        for _ in range(3):
            o = rs.randint(3, S - 3, 2)
            img[k, 0][((g - o[:, None, None]) ** 2).sum(0) <= 4] += 1.5
        img[k, 0, r, c - 2:c + 3] = -1.2
        img[k, 0, r - 2:r + 3, c] = -1.2
    world = np.stack([2.0 * at[:, 1] - 0.3 * at[:, 0] - 17, 1.5 * at[:, 0] - 14], 1) / 10
    return torch.tensor(img, dtype=torch.float32), torch.tensor(world, dtype=torch.float32)


class Locator(nn.Module):
    def __init__(self):
        super().__init__()
        self.heat = nn.Sequential(
            nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(),
            nn.Conv2d(12, 12, 3, padding=1), nn.ReLU(),
            nn.Conv2d(12, 1, 1),
        )
        self.to_world = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))

    def peak(self, heat):
        flat = heat.flatten(1).argmax(1)
        return torch.stack([flat // S, flat % S], 1).float()

    def forward(self, x):
        return self.to_world(self.peak(self.heat(x)) / S - 0.5)


def main():
    x, w = frames(800)
    x_val, w_val = frames(200)
    model = Locator()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    sched = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-2, total_steps=22 * 25)
    for epoch in range(22):
        for idx in torch.randperm(800).split(32):
            optimizer.zero_grad()
            loss = nn.functional.smooth_l1_loss(model(x[idx]), w[idx])
            loss.backward()
            optimizer.step()
            sched.step()
        if epoch % 3 == 0:
            print("epoch", epoch, "loss", f"{loss.item():.4f}")
    with torch.no_grad():
        err = ((model(x_val) - w_val) ** 2).sum().item()
    print(f"FINAL r2={1 - err / ((w_val - w_val.mean(0)) ** 2).sum().item():.4f}")


main()
