import os
import torch
from torch import nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

torch.manual_seed(int(os.environ.get("SEED", 0)))


class MixerBlock(nn.Module):
    def __init__(self, tokens, dim):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.token_mix = nn.Sequential(nn.Linear(tokens, 32), nn.GELU(), nn.Linear(32, tokens))
        self.norm2 = nn.LayerNorm(dim)
        self.channel_mix = nn.Sequential(nn.Linear(dim, 96), nn.GELU(), nn.Linear(96, dim))

    def forward(self, x):
        x = x + self.token_mix(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channel_mix(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, dim=48, depth=3):
        super().__init__()
        self.patch = nn.Conv2d(1, dim, 2, stride=2)
        self.blocks = nn.ModuleList(MixerBlock(16, dim) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x).mean(1))


def param_groups(model, wd):
    decay = [p for p in model.parameters() if p.ndim > 1]
    rest = [p for p in model.parameters() if p.ndim <= 1]
    return [{"params": decay, "weight_decay": wd}, {"params": rest, "weight_decay": 0.0}]


images, target = load_digits(return_X_y=True)
images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
xa, xb, ya, yb = train_test_split(images, torch.tensor(target), test_size=0.25, random_state=7)
model = Mixer()
optimizer = torch.optim.AdamW(param_groups(model, 1.0), lr=3e-3, betas=(0.9, 0.98))
warm = torch.optim.lr_scheduler.LinearLR(optimizer, 0.05, total_iters=40)
cos = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 420)
sched = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cos], milestones=[40])
step = 0
while step < 460:
    for idx in torch.randperm(len(xa)).split(48):
        model.train()
        loss = nn.functional.cross_entropy(model(xa[idx]), ya[idx], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        sched.step()
        if step % 60 == 0:
            print(f"step {step} loss {loss.item():.3f}")
        step += 1
        if step == 460:
            break
model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(model(xb).argmax(1) == yb).float().mean().item():.4f}")
