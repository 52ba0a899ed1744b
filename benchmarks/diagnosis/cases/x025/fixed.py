import os
import numpy as np
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED + 50)


def patients(n):
    x = rng.normal(size=(n, 10))
    log_hazard = 1.2 * x[:, 0] - x[:, 1] + 1.1 * x[:, 2] * x[:, 3] + 0.9 * np.abs(x[:, 4])
    event_time = rng.exponential(1.0 / np.exp(log_hazard))
    censor_time = rng.exponential(2.5, n)
    time = np.minimum(event_time, censor_time)
    event = event_time <= censor_time
    as_tensor = lambda a: torch.tensor(a, dtype=torch.float32)
    return as_tensor(x), as_tensor(time), as_tensor(event)


def cox_loss(risk, time, event):
    order = time.argsort(descending=True)
    risk, event = risk[order], event[order]
    log_cum = torch.logcumsumexp(risk, 0)
    return -((risk - log_cum) * event).sum() / event.sum().clamp(min=1)


def concordance(risk, time, event):
    earlier = (time[:, None] < time[None, :]) & (event[:, None] > 0)
    higher = (risk[:, None] > risk[None, :]).float() + 0.5 * (risk[:, None] == risk[None, :]).float()
    return higher[earlier].mean().item()


class DeepSurv(nn.Module):
    def __init__(self, n_features, width=40, depth=7):
        super().__init__()
        layers = [nn.Linear(n_features, width), nn.ReLU()]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width), nn.ReLU()]
        self.net = nn.Sequential(*layers)
        self.risk = nn.Linear(width, 1)

    def forward(self, x):
        return self.risk(self.net(x)).squeeze(1)


x, time, event = patients(3000)
xt, tt, et = patients(800)
model = DeepSurv(10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, nesterov=True)

for epoch in range(40):
    model.train()
    running = []
    for idx in torch.randperm(len(x)).split(128):
        loss = cox_loss(model(x[idx]), time[idx], event[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running.append(loss.item())
    if epoch % 5 == 0:
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch:3d} partial likelihood {np.mean(running):.4f} c-index {concordance(model(xt), tt, et):.3f}")

model.eval()
with torch.no_grad():
    print(f"FINAL c_index={concordance(model(xt), tt, et):.4f}")
