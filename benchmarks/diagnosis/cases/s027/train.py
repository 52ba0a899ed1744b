import os
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
BARS = 48


def codes(n):
    return (torch.rand(n, BARS) < 0.5).float() * 2 - 1


def view(c):
    shifted = torch.roll(c, int(torch.randint(-1, 2, (1,))), 1)
    return shifted * (0.6 + 0.4 * torch.rand(len(c), 1)) + 0.4 * torch.randn_like(c)


class Projector(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 16, 5, padding=2)
        self.fc1 = nn.Linear(16 * 24, 96)
        self.fc2 = nn.Linear(96, 32)

    def forward(self, x):
        h = F.max_pool1d(F.relu(self.conv(x[:, None])), 2).flatten(1)
        return F.normalize(self.fc2(F.relu(self.fc1(h))), dim=1)


def contrastive_loss(a, b, temperature=0.01):
    sim = a @ b.t() / temperature
    e = torch.exp(sim)
    return -torch.log(e.diag() / e.sum(1)).mean()


pool = codes(3000)
encoder = Projector()
optimizer = torch.optim.Adam(encoder.parameters(), lr=2e-3)
for step in range(350):
    batch = pool[torch.randint(0, len(pool), (64,))]
    loss = contrastive_loss(encoder(view(batch)), encoder(view(batch)))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print("step", step, "loss", loss.item())

with torch.no_grad():
    unseen = codes(200)
    match = (encoder(view(unseen)) @ encoder(view(unseen)).t()).argmax(1)
print(f"FINAL accuracy={(match == torch.arange(200)).float().mean().item():.4f}")
