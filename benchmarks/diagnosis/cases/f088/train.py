import os

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

seed = int(os.environ.get("SEED", 0))
generator = torch.Generator().manual_seed(seed)
torch.manual_seed(seed)
MAX_STEPS = 90


def episode():
    steps = int(torch.randint(5, 16, (1,), generator=generator))
    readings = torch.randn(steps, 3, generator=generator)
    wear = (readings[:, 0].relu() * (readings[:, 1] > 0)).sum() - readings[-1, 2] * 1.5
    return readings, wear


def collate(items):
    lengths = torch.tensor([len(x) for x, _ in items])
    padded = pad_sequence([x for x, _ in items] + [torch.zeros(MAX_STEPS, 3)], batch_first=True)[:-1]
    return padded, lengths, torch.stack([y for _, y in items])


class WearModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 32, batch_first=True)
        self.regress = nn.Linear(32, 1)

    def forward(self, x, lengths):
        output, _ = self.lstm(x)
        last = output[:, -1]
        return self.regress(last).squeeze(1)


train_loader = DataLoader([episode() for _ in range(1280)], batch_size=32, shuffle=True, collate_fn=collate)
test_loader = DataLoader([episode() for _ in range(300)], batch_size=300, collate_fn=collate)
model = WearModel()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)

for epoch in range(8):
    model.train()
    losses = []
    for x, lengths, y in train_loader:
        loss = nn.functional.mse_loss(model(x, lengths), y)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1} mse {sum(losses) / len(losses):.3f}")

model.eval()
with torch.no_grad():
    x, lengths, y = next(iter(test_loader))
    r2 = 1 - (model(x, lengths) - y).pow(2).mean() / y.var(unbiased=False)
print(f"FINAL r2={r2.item():.4f}")
