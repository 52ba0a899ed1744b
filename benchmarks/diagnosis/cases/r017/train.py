import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
LEN, VOCAB = 16, 40


def reviews(n, opinion=False):
    """Words 0-19 belong to four topics, 20-24 praise, 25-29 blame, the rest says nothing."""
    x = torch.randint(30, VOCAB, (n, LEN))
    topic, mood = torch.randint(0, 4, (n,)), torch.randint(0, 2, (n,))
    for i in range(n):
        at = torch.randperm(LEN)[:6]
        x[i, at[:3]] = 5 * topic[i] + torch.randint(0, 5, (3,))
        x[i, at[3]] = torch.randint(0, 20, (1,))
        x[i, at[4:]] = 20 + 5 * mood[i] + torch.randint(0, 5, (2,))
    return x, mood if opinion else topic


class Encoder(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.tok = nn.Embedding(VOCAB, dim)
        self.pos = nn.Parameter(torch.zeros(LEN, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 64, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.cls = nn.Linear(dim, 4)

    def forward(self, x):
        h = self.layers(self.tok(x) + self.pos)
        return self.cls(self.norm(h).mean(1))


def train(model, params, data, epochs, lr):
    opt = torch.optim.AdamW(params, lr=lr, weight_decay=0.0)
    for epoch in range(epochs):
        for x, y in DataLoader(data, batch_size=64, shuffle=True):
            opt.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            opt.step()
        print(f"epoch {epoch + 1} loss {loss.item():.4f}")


model = Encoder()
train(model, model.parameters(), TensorDataset(*reviews(2000)), 5, 3e-3)
x, y = reviews(600)
with torch.no_grad():
    print(f"topics {(model(x).argmax(1) == y).float().mean().item():.4f}")

# for the moods only bias terms and a new classifier are tuned
model.cls = nn.Linear(32, 2)
x, y = reviews(600, opinion=True)
for name, p in model.named_parameters():
    p.requires_grad = name.endswith("bias") or name.startswith("cls")
tuned = [p for p in model.parameters() if p.requires_grad]
print(f"{sum(p.numel() for p in tuned)} of {sum(p.numel() for p in model.parameters())} numbers are tuned")
train(model, tuned, TensorDataset(*reviews(1500, opinion=True)), 12, 1e-2)
with torch.no_grad():
    accuracy = (model(x).argmax(1) == y).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
