import os
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)


class DeepNet(nn.Module):
    def __init__(self, n_in=16, width=16, n_out=4):
        super().__init__()
        self.layer1 = nn.Linear(n_in, width)
        for k in range(2, 14):
            setattr(self, f"layer{k}", nn.Linear(width, width))
        self.output = nn.Linear(width, n_out)

    def forward(self, x):
        h = torch.relu(self.layer1(x))
        for k in range(2, 8):
            h = h + 0.3 * torch.relu(getattr(self, f"layer{k}")(h))
        for k in range(8, 14):
            h = torch.relu(getattr(self, f"layer{k}")(h))
        return self.output(h)


def rotation_task(n, gen):
    """two rings of points seen through sixteen fixed sensors, labelled by sector and ring"""
    angle = torch.rand(n, generator=gen) * 6.2832
    ring = torch.randint(0, 2, (n,), generator=gen)
    radius = 1.0 + 0.8 * ring + 0.12 * torch.randn(n, generator=gen)
    points = torch.stack([radius * angle.cos(), radius * angle.sin()], 1)
    sector = ((angle + 1.2 * radius) * 3 / 3.1416).long() % 2
    return torch.tanh(points @ SENSORS), 2 * ring + sector


gen = torch.Generator().manual_seed(SEED + 1)
SENSORS = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
x_train, y_train = rotation_task(2500, gen)
x_test, y_test = rotation_task(1000, gen)

net = DeepNet()
for name, param in net.named_parameters():
    if name.startswith("layer1."):
        param.requires_grad_(False)

for m in net.modules():
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)

optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], lr=1e-3)
for epoch in range(15):
    loss_sum = 0.0
    for idx in torch.randperm(len(x_train)).split(50):
        loss = F.cross_entropy(net(x_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(idx)
    print(f"epoch {epoch}: loss {loss_sum / len(x_train):.4f}")

with torch.no_grad():
    acc = (net(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
