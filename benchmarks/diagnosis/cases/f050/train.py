import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))


def parity_like(n):
    x = torch.randint(0, 2, (n, 10)).float()
    y = (x[:, :3].sum(1) % 2 == 0).long() + 2 * (x[:, 4] > x[:, 7]).long()
    return x * 2 - 1, y


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(10, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())
        self.top = nn.Linear(64, 4)

    def forward(self, x):
        return self.top(self.body(x))


class EMA:
    """moving average of the weights, used for evaluation"""

    def __init__(self, model, decay=0.98):
        self.decay = decay
        self.shadow = {k: v.detach().clone() for k, v in model.state_dict().items()}

    def update(self, model):
        for k, v in model.state_dict().items():
            self.shadow[k].lerp_(v, 1 - self.decay)


train = DataLoader(TensorDataset(*parity_like(3000)), batch_size=50, shuffle=True)
x_test, y_test = parity_like(800)
model = Model()
ema = EMA(model)
opt = torch.optim.AdamW(model.parameters(), lr=3e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(10):
    for x, y in train:
        loss = loss_fn(model(x), y)
        loss.backward()
        opt.zero_grad()
        opt.step()
        ema.update(model)
    print(f"epoch {epoch}: {loss.item():.4f}")

model.load_state_dict(ema.shadow)
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
