import os
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(int(os.environ.get("SEED", 0)))

# toy arithmetic text: "a+b=c;" with numbers below 20
CHARS = "0123456789+=;"


def corpus(n):
    a, b = torch.randint(0, 20, (2, n)).tolist()
    s = "".join(f"{x:02d}+{y:02d}={x + y:02d};" for x, y in zip(a, b))
    return torch.tensor([CHARS.index(c) for c in s]).view(n, 9)


class GRULM(nn.Module):
    def __init__(self, hidden=96):
        super().__init__()
        self.emb = nn.Embedding(len(CHARS), 24)
        self.gru = nn.GRU(24, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, len(CHARS))

    def forward(self, x):
        return self.fc(self.gru(self.emb(x))[0])


train, valid = corpus(2500), corpus(500)
model = GRULM()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3, weight_decay=1e-3)
for epoch in range(20):
    for idx in torch.randperm(len(train)).split(50):
        x, y = train[idx, :-1], train[idx, 1:]
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        logits = model(valid[:, :-1])
        answer = F.cross_entropy(logits[:, 5:7].flatten(0, 1), valid[:, 6:8].flatten()).item()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1} loss {loss.item():.4f} nll of the answers {answer:.4f}")
print(f"FINAL nll={answer:.4f}")
