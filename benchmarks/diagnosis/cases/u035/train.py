import os
import torch
import torch.nn as nn

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

SIZES = {"audio": 20, "motion": 12}


def simulate(n):
    g = torch.Generator().manual_seed(40)
    audio = torch.randn(n, 20, generator=g)
    motion = torch.randn(n, 12, generator=g)
    a = torch.tanh(audio[:, :5] * 1.5).sum(1) * torch.sign(audio[:, 6])
    m = (motion[:, 0] * motion[:, 1] + motion[:, 2].abs() - 0.8) * 2
    score = torch.stack([a, m, 0.6 * (a - m), torch.zeros(n)], 1)
    return {"audio": audio, "motion": motion}, score.argmax(1)


class Fusion(nn.Module):
    def __init__(self, sizes, width=8, classes=4):
        super().__init__()
        self.encoders = {name: self.make_encoder(size, width) for name, size in sizes.items()}
        self.head = nn.Sequential(nn.Linear(width * len(sizes), 64), nn.ReLU(), nn.Linear(64, classes))

    @staticmethod
    def make_encoder(size, width):
        return nn.Sequential(nn.Linear(size, 64), nn.ReLU(), nn.Linear(64, width), nn.ReLU())

    def forward(self, inputs):
        parts = [self.encoders[name](inputs[name]) for name in sorted(inputs)]
        return self.head(torch.cat(parts, dim=1))


def take(d, idx):
    return {k: v[idx] for k, v in d.items()}


inputs, labels = simulate(6000)
train_idx, test_idx = torch.arange(5000), torch.arange(5000, 6000)
model = Fusion(SIZES)
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
ce = nn.CrossEntropyLoss()
print(model)

for epoch in range(15):
    for idx in train_idx[torch.randperm(5000)].split(100):
        optimizer.zero_grad()
        loss = ce(model(take(inputs, idx)), labels[idx])
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 5 == 0:
        with torch.no_grad():
            acc = (model(take(inputs, test_idx)).argmax(1) == labels[test_idx]).float().mean().item()
        print(f"epoch {epoch + 1}: loss {loss.item():.3f} test acc {acc:.3f}")

print(f"FINAL accuracy={acc:.4f}")
