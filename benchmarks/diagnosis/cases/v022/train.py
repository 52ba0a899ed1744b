import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))
A, N = 8, 40000

# symbol stream of a second-order source
g = torch.Generator().manual_seed(123)
table = torch.softmax(0.8 * torch.randn(A, A, A, generator=g), -1)
draws = torch.rand(N, generator=g)
cdf = table.cumsum(-1)
stream = [0, 1]
for u in draws.tolist():
    row = cdf[stream[-2], stream[-1]]
    stream.append(min(int((row < u).sum()), A - 1))
stream = torch.tensor(stream)
ctx = torch.stack([stream[:-2], stream[1:-1]], 1)
nxt = stream[2:]
cut = 36000
floor = -(table[ctx[cut:, 0], ctx[cut:, 1]].gather(1, nxt[cut:, None])).log().mean().item()
print(f"nll of the true source {floor:.4f}")


class NGramNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(A, 16)
        self.h = nn.Linear(32, 64)
        self.out = nn.Linear(64, A)

    def forward(self, c):
        return self.out(torch.relu(self.h(self.emb(c).flatten(1))))


model = NGramNet()
optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.2, total_steps=5 * 141)
for epoch in range(5):
    total = 0.0
    for idx in torch.randperm(cut).split(256):
        loss = F.cross_entropy(model(ctx[idx]), nxt[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        total += loss.item() * len(idx)
    print(f"epoch {epoch} loss {total / cut:.4f}")
with torch.no_grad():
    nll = F.cross_entropy(model(ctx[cut:]), nxt[cut:]).item()
print(f"FINAL nll={nll:.4f}")
