import os
import torch
from torch import nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

hp = dict(vocab=300, dim=32, hidden=64, keep_prob=0.85, lr=2e-3, batch=64, epochs=10)


def star_ratings(n, length=25):
    g = torch.Generator().manual_seed(66)
    strength = torch.randn(hp["vocab"], generator=g) * (torch.rand(hp["vocab"], generator=g) < 0.3)
    ids = torch.randint(0, hp["vocab"], (n, length), generator=g)
    raw = strength[ids].sum(1) / 1.5
    stars = torch.tanh(raw) + 0.1 * torch.randn(n, generator=g)
    return ids, stars


class DeepAveraging(nn.Module):
    def __init__(self, hp):
        super().__init__()
        self.emb = nn.Embedding(hp["vocab"], hp["dim"])
        self.drop_emb = nn.Dropout(1 - hp["keep_prob"])
        self.drop_hid = nn.Dropout(1 - hp["keep_prob"])
        self.h = nn.Linear(hp["dim"], hp["hidden"])
        self.o = nn.Linear(hp["hidden"], 1)

    def forward(self, ids):
        e = self.drop_emb(self.emb(ids)).mean(1) * 5
        return self.o(self.drop_hid(torch.relu(self.h(e)))).squeeze(-1)


ids, stars = star_ratings(5000)
tr, va = slice(0, 4200), slice(4200, None)
dan = DeepAveraging(hp)
optimizer = torch.optim.Adam(dan.parameters(), lr=hp["lr"])
criterion = nn.MSELoss()


def validate():
    dan.eval()
    with torch.no_grad():
        e = criterion(dan(ids[va]), stars[va])
    dan.train()
    return (1 - e / stars[va].var()).item()


for epoch in range(hp["epochs"]):
    for b in torch.randperm(4200).split(hp["batch"]):
        loss = criterion(dan(ids[tr][b]), stars[tr][b])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: train mse {loss.item():.3f}, validation r2 {validate():.3f}")

print(f"FINAL r2={validate():.4f}")
