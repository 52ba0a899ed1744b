import os

import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))


def sequences(n, steps=25):
    kind = torch.randint(0, 3, (n,))
    period = torch.tensor([4.0, 6.0, 9.0])[kind][:, None]
    t = torch.arange(steps)[None] + torch.rand(n, 1) * 9
    x = torch.sin(2 * torch.pi * t / period) + 0.5 * torch.randn(n, steps)
    return x.unsqueeze(-1), kind


class Rhythm(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(1, 48, num_layers=2, batch_first=True, dropout=0.1)
        self.fc = nn.Linear(48, 3)
        for name, p in self.rnn.named_parameters():
            if name.startswith("weight_hh"):
                nn.init.orthogonal_(p)

    def forward(self, x):
        out, h = self.rnn(x)
        return self.fc(out.mean(1))


x, y = sequences(3000)
xt, yt = sequences(800)
model = Rhythm()
opt = torch.optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(8):
    model.train()
    for idx in torch.randperm(3000).split(60):
        loss = nn.functional.cross_entropy(model(x[idx]), y[idx])
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        opt.step()
    print(f"epoch {epoch} loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    acc = (model(xt).argmax(1) == yt).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
