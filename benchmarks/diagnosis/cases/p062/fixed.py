import os

import torch
from sklearn.datasets import load_digits
from torch import nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class MixerBlock(nn.Module):
    def __init__(self, tokens, dim):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.token_fc = nn.Linear(tokens, tokens)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp_in = nn.Linear(dim, 2 * dim)
        self.mlp_out = nn.Linear(2 * dim, dim)

    def forward(self, x):
        x = x + self.token_fc(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.mlp_out(torch.nn.functional.gelu(self.mlp_in(self.norm2(x))))


class PatchAutoencoder(nn.Module):
    """Rows of a digit are tokens; squeezed through a code of a few numbers."""

    def __init__(self, dim=16, code=10):
        super().__init__()
        self.patch_embed = nn.Linear(8, dim)
        self.blocks_in = nn.ModuleList([MixerBlock(8, dim)])
        self.squeeze = nn.Linear(8 * dim, code)
        self.expand = nn.Linear(code, 8 * dim)
        self.blocks_out = nn.ModuleList([MixerBlock(8, dim)])
        self.norm_f = nn.LayerNorm(dim)
        self.unpatch = nn.Linear(dim, 8)

    def forward(self, img):
        h = self.patch_embed(img)
        for b in self.blocks_in:
            h = b(h)
        h = self.expand(self.squeeze(h.flatten(1))).view_as(h)
        for b in self.blocks_out:
            h = b(h)
        return self.unpatch(self.norm_f(h))


def configure_optimizer(model, lr, weight_decay):
    decay, no_decay = [], []
    for name, p in model.named_parameters():
        if name.endswith("bias") or "norm" in name:
            no_decay.append(p)
        else:
            decay.append(p)
    groups = [{"params": decay, "weight_decay": weight_decay}, {"params": no_decay, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95))


images = torch.tensor(load_digits().images, dtype=torch.float32) / 16
images = images[torch.randperm(len(images), generator=torch.Generator().manual_seed(SEED))]
images = images - images[:1400].mean(0)
train, test = images[:1400], images[1400:]
model = PatchAutoencoder()
opt = configure_optimizer(model, 3e-3, 0.01)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, 20 * 28)
for epoch in range(20):
    total = 0.0
    for idx in torch.randperm(1400).split(50):
        batch = train[idx]
        loss = (model(batch) - batch).square().sum((1, 2)).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
        sched.step()
        total += loss.item() / 28
    if epoch % 4 == 3:
        print(f"{epoch + 1:3d} reconstruction {total:.3f}")
with torch.no_grad():
    r2 = 1 - (model(test) - test).square().sum() / test.square().sum()
print(f"FINAL r2={r2.item():.4f}")
