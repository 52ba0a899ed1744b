import os
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

X, y = load_digits(return_X_y=True)
X = (X / 16.0).astype("float32")
X_pool, X_test, y_pool, y_test = train_test_split(X, y, test_size=400, stratify=y, random_state=0)
X_lab, X_unl, y_lab, _ = train_test_split(X_pool, y_pool, train_size=200, stratify=y_pool, random_state=1)
X_lab, X_unl, X_test = map(torch.from_numpy, (X_lab, X_unl, X_test))
y_lab, y_test = torch.from_numpy(y_lab), torch.from_numpy(y_test)


def create_model(ema=False):
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    if ema:
        for param in model.parameters():
            param.detach_()
    return model


def update_ema_variables(model, ema_model, alpha, global_step):
    alpha = min(1 - 1 / (global_step + 1), alpha)
    for ema_param, param in zip(ema_model.parameters(), model.parameters()):
        ema_param.data.mul_(alpha).add_(param.data, alpha=1 - alpha)


def noise(x):
    return x + 0.1 * torch.randn_like(x)


model, ema_model = create_model(), create_model(ema=True)
ema_model.load_state_dict(model.state_dict())
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
STEPS = 700
for step in range(STEPS):
    model.train()
    ema_model.train()
    li = torch.randint(len(X_lab), (32,))
    ui = torch.randint(len(X_unl), (96,))
    inputs = torch.cat([X_lab[li], X_unl[ui]])
    out = model(noise(inputs))
    ema_out = ema_model(noise(inputs))
    class_loss = F.cross_entropy(out[:32], y_lab[li])
    weight = 20.0 * math.exp(-5 * (1 - min(1.0, step / 300)) ** 2)
    consistency = weight * F.mse_loss(out.softmax(1), ema_out.softmax(1))
    loss = class_loss + consistency
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    update_ema_variables(model, ema_model, 0.99, step)
    if step % 100 == 0:
        print(f"{step}: class {class_loss.item():.4f} consistency {consistency.item():.4f}")

ema_model.eval()
with torch.no_grad():
    acc = (ema_model(X_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
