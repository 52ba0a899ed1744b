import os
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class SineLayer(nn.Module):
    def __init__(self, d_in: int, d_out: int, first: bool = False, omega: float = 30.0):
        super().__init__()
        self.omega = omega
        self.first = first
        self.linear = nn.Linear(d_in, d_out)

    def forward(self, x):
        return torch.sin(self.omega * self.linear(x))


class Siren(nn.Module):
    def __init__(self, d_in=2, width=96, depth=3, d_out=1):
        super().__init__()
        self.layers = nn.ModuleList([SineLayer(d_in, width, first=True)] +
                                    [SineLayer(width, width) for _ in range(depth)])
        self.final = nn.Linear(width, d_out)

    def forward(self, xy):
        for layer in self.layers:
            xy = layer(xy)
        return self.final(xy)


def terrain(xy):
    """A height map with ridges, a bump and a step."""
    x, y = xy[:, :1], xy[:, 1:]
    z = torch.sin(4 * x + 2 * torch.cos(3 * y)) + torch.exp(-8 * ((x - 0.3) ** 2 + (y + 0.2) ** 2))
    z = z + 0.4 * torch.tanh(8 * (x + y))
    return (z - 0.1) / 0.85


def main():
    g = torch.Generator().manual_seed(64)
    known = torch.rand(4096, 2, generator=g) * 2 - 1
    unknown = torch.rand(1500, 2, generator=g) * 2 - 1
    z, zu = terrain(known), terrain(unknown)
    net = Siren()
    opt = torch.optim.Adam(net.parameters(), lr=5e-4)
    for it in range(320):
        b = torch.randint(0, len(known), (256,))
        loss = ((net(known[b]) - z[b]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        if it % 100 == 0:
            print(f"iteration {it:4d} mse {loss.item():.5f}")
    with torch.no_grad():
        r2 = 1 - ((net(unknown) - zu) ** 2).mean() / zu.var()
    print(f"FINAL r2={r2.item():.4f}")


if __name__ == "__main__":
    main()
