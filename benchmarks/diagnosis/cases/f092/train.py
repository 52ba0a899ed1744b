import os

import torch
import torch.nn as nn
from sklearn.datasets import make_moons, make_circles
from sklearn.model_selection import train_test_split
from torch.optim.lr_scheduler import LambdaLR

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

CONFIG = {"lr": 1e-3, "warmup": 60, "steps": 900, "batch": 64, "width": 96, "depth": 3}


def load():
    xa, ya = make_moons(1600, noise=0.12, random_state=seed)
    xb, yb = make_circles(1600, noise=0.06, factor=0.5, random_state=seed)
    xb[:, 0] += 3.0
    x = torch.tensor([*xa.tolist(), *xb.tolist()])
    y = torch.tensor([*ya.tolist(), *(yb + 2).tolist()])
    x = (x - x.mean(0)) / x.std(0)
    return train_test_split(x, y, test_size=800, random_state=seed)


def mlp(width, depth):
    layers = [nn.Linear(2, width), nn.ReLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 4))


def schedule(step):
    if step < CONFIG["warmup"]:
        return CONFIG["lr"] * (step + 1) / CONFIG["warmup"]
    progress = (step - CONFIG["warmup"]) / (CONFIG["steps"] - CONFIG["warmup"])
    return CONFIG["lr"] * (1 - 0.9 * progress)


x_train, x_test, y_train, y_test = load()
model = mlp(CONFIG["width"], CONFIG["depth"])
optimizer = torch.optim.AdamW(model.parameters(), lr=CONFIG["lr"])
scheduler = LambdaLR(optimizer, lr_lambda=schedule)
loss_fn = nn.CrossEntropyLoss(label_smoothing=0.05)

model.train()
for step in range(CONFIG["steps"]):
    rows = torch.randint(0, len(x_train), (CONFIG["batch"],))
    optimizer.zero_grad()
    loss = loss_fn(model(x_train[rows]), y_train[rows])
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 150 == 0:
        print({"step": step, "loss": round(loss.item(), 4)})

model.eval()
with torch.no_grad():
    accuracy = (model(x_test).argmax(-1) == y_test).float().mean()
print(f"FINAL accuracy={accuracy:.4f}")
