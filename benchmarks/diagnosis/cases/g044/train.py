import os
import torch
from torch import nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

BATCH_SIZE = 2
STEPS = 900
DIM, NUISANCE, CLASSES = 12, 36, 24
centres = 1.1 * torch.randn(CLASSES, DIM)
mix = torch.randn(DIM + NUISANCE, 64) / 5


def view(content):
    """one recording of each item: what it is, plus what the microphone adds"""
    extra = 1.8 * torch.randn(len(content), NUISANCE)
    noisy = content + 0.25 * torch.randn(len(content), DIM)
    return torch.tanh(torch.cat([noisy, extra], 1) @ mix)


def items(n):
    kind = torch.randint(0, CLASSES, (n,))
    return centres[kind] + 0.45 * torch.randn(n, DIM), kind


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 32))

    def forward(self, x):
        return F.normalize(self.body(x), dim=1)


def clip_loss(a, b, temperature=0.2):
    logits = a @ b.t() / temperature
    target = torch.arange(len(a))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2


content, kinds = items(2000)
encoder = Encoder()
opt = torch.optim.Adam(encoder.parameters(), lr=1e-3)
recent = 0.0
for step in range(1, STEPS + 1):
    c = content[torch.randint(0, len(content), (BATCH_SIZE,))]
    loss = clip_loss(encoder(view(c)), encoder(view(c)))
    opt.zero_grad()
    loss.backward()
    opt.step()
    recent += loss.item() / 100
    if step % 100 == 0:
        print(f"step {step}: contrastive loss {recent:.4f}")
        recent = 0.0

encoder.eval()
with torch.no_grad():
    gallery = encoder(view(content))
    query_content, query_kinds = items(1000)
    near = (encoder(view(query_content)) @ gallery.t()).topk(15, dim=1).indices
    guess = F.one_hot(kinds[near], CLASSES).sum(1).argmax(1)
    acc = (guess == query_kinds).float().mean().item()
print(f"FINAL knn_accuracy={acc:.4f}")
