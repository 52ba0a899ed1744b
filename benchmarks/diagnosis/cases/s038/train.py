import os
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

ITEMS, SCALE, MAXLEN = 30, 5, 14


def surveys(n):
    key = torch.randn(ITEMS, SCALE, generator=torch.Generator().manual_seed(1))
    length = torch.randint(6, MAXLEN + 1, (n,))
    items = torch.rand(n, ITEMS).argsort(1)[:, :MAXLEN]
    answers = torch.randint(0, SCALE, (n, MAXLEN))
    mask = torch.arange(MAXLEN)[None] < length[:, None]
    value = (key[items, answers] * mask * (items < 12)).sum(1)
    return items * SCALE + answers, mask, (value > 0).long()


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.score = nn.Sequential(nn.Linear(dim, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, h, mask):
        s = self.score(h).squeeze(-1).masked_fill(~mask, float("-inf"))
        return torch.softmax(s, dim=1)


class SurveyNet(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.embed = nn.Embedding(ITEMS * SCALE, dim)
        self.attention = Attention(dim)
        self.fc = nn.Linear(dim, 2)

    def forward(self, ids, mask):
        h = self.embed(ids)
        weight = self.attention(h, mask)
        return self.fc((weight.unsqueeze(-1) * h).sum(1)), weight


def entropy(weight):
    plogp = torch.where(weight > 0, weight * weight.log(), torch.zeros_like(weight))
    return -plogp.sum(1).mean()


train = DataLoader(TensorDataset(*surveys(2500)), batch_size=50, shuffle=True)
test = surveys(800)
net = SurveyNet()
optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
criterion = nn.CrossEntropyLoss()
for epoch in range(9):
    total = 0.0
    for ids, mask, label in train:
        out, weight = net(ids, mask)
        loss = criterion(out, label) + 0.002 * entropy(weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "loss", total / len(train))

with torch.no_grad():
    out, _ = net(test[0], test[1])
print(f"FINAL accuracy={(out.argmax(1) == test[2]).float().mean().item():.4f}")
