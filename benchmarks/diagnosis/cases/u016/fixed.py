import os
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

seed = int(os.environ.get("SEED", 0))
np.random.seed(seed)
torch.manual_seed(seed)

CFG = dict(batch=128, steps=1500, dim=32, lr=1e-3, temperature=0.07)

# captions and pictures share 6 hidden attributes
n_train, n_test = 4000, 300
z = np.random.randn(n_train + n_test, 6)
W_img, W_txt = np.random.randn(6, 64), np.random.randn(6, 40)
image = np.tanh(z @ W_img * 0.6) + 0.25 * np.random.randn(len(z), 64)
text = np.maximum(z @ W_txt, 0) * 0.5 + 0.25 * np.random.randn(len(z), 40)
image, text = (torch.tensor(a, dtype=torch.float32) for a in (image, text))
img_tr, img_te = image[:n_train], image[n_train:]
txt_tr, txt_te = text[:n_train], text[n_train:]


def tower(n_in, dim):
    return nn.Sequential(nn.Linear(n_in, 96), nn.GELU(), nn.Linear(96, dim))


class TwoTower(nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = tower(64, CFG["dim"])
        self.textual = tower(40, CFG["dim"])

    def forward(self, img, txt):
        return F.normalize(self.visual(img), dim=-1), F.normalize(self.textual(txt), dim=-1)


def info_nce(a, b):
    logits = a @ b.t() / CFG["temperature"]
    target = torch.arange(len(a))
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.t(), target)) / 2


model = TwoTower()
optim = torch.optim.Adam(model.parameters(), lr=CFG["lr"])
avg = None
for step in range(CFG["steps"]):
    idx = torch.randint(0, n_train, (CFG["batch"],))
    loss = info_nce(*model(img_tr[idx], txt_tr[idx]))
    optim.zero_grad()
    loss.backward()
    optim.step()
    avg = loss.item() if avg is None else 0.98 * avg + 0.02 * loss.item()
    if step % 150 == 0:
        print(f"step {step:5d}  contrastive loss {avg:.4f}")

model.eval()
with torch.no_grad():
    a, b = model(img_te, txt_te)
    hit = ((a @ b.t()).argmax(1) == torch.arange(n_test)).float().mean().item()
print(f"FINAL recall_at_1={hit:.4f}")
