import os
import torch
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


def waves(n):
    height = torch.distributions.Gamma(3.0, 2.0).sample((n,))
    period = 4 + 2.2 * height.sqrt() + 0.4 * torch.randn(n)
    return torch.stack([(height - 1.5) / 0.87, (period - 6.6) / 0.9], 1)


def sliced(a, b, lines=64):
    d = nn.functional.normalize(torch.randn(2, lines, generator=torch.Generator().manual_seed(0)), dim=0)
    return ((a @ d).sort(0).values - (b @ d).sort(0).values).abs().mean().item()


def mlp(n_in, n_out):
    return nn.Sequential(nn.Linear(n_in, 48), nn.LeakyReLU(0.2), nn.Linear(48, 48), nn.LeakyReLU(0.2), nn.Linear(48, n_out))


generator, discriminator = mlp(4, 2), mlp(2, 1)
opt_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
opt_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
bce = nn.BCEWithLogitsLoss()
BATCH = 128
real_label, fake_label = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
data = waves(5000)

for step in range(900):
    real = data[torch.randint(0, len(data), (BATCH,))]
    fake = generator(torch.randn(BATCH, 4))

    opt_d.zero_grad()
    loss_d = bce(discriminator(real), real_label) + bce(discriminator(fake.detach()), fake_label)
    loss_d.backward()
    opt_d.step()

    opt_g.zero_grad()
    loss_g = bce(discriminator(fake), real_label)
    loss_g.backward()
    opt_g.step()
    if step % 150 == 0:
        print(f"{step}: D {loss_d.item():.3f} G {loss_g.item():.3f}")

with torch.no_grad():
    print(f"FINAL distance={sliced(generator(torch.randn(2000, 4)), waves(2000)):.4f}")
