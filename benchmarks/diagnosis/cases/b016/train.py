import os
import math
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))

L, V = 12, 10


def sequences(n):
    """Is the first token that exceeds 6 in the left or in the right half?"""
    x = torch.randint(0, 7, (n, L))
    y = torch.randint(0, 2, (n,))
    pos = torch.randint(0, L // 2, (n,)) + y * (L // 2)
    x[torch.arange(n), pos] = torch.randint(7, V, (n,))
    return x, y


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=50):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        pe = torch.zeros(max_len, d_model)
        position = torch.arange(max_len).unsqueeze(1)
        div = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(position * div)
        pe[:, 1::2] = torch.cos(position * div)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.scale * self.pe[:x.size(1)]


class TransformerModel(nn.Module):
    def __init__(self, d_model=32, nhead=4, nlayers=1):
        super().__init__()
        self.d_model = d_model
        self.embedding = nn.Embedding(V, d_model)
        self.pos_encoder = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, 64, dropout=0.0, batch_first=True)
        self.transformer_encoder = nn.TransformerEncoder(layer, nlayers)
        self.decoder = nn.Linear(d_model, 2)

    def forward(self, src):
        src = self.embedding(src) * math.sqrt(self.d_model)
        output = self.transformer_encoder(src)
        return self.decoder(output.mean(dim=1))


model = TransformerModel()
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
criterion = nn.CrossEntropyLoss()
x_test, y_test = sequences(600)
for step in range(400):
    x, y = sequences(48)
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if step % 50 == 0:
        print(f"| step {step:4d} | loss {loss.item():.4f}")
model.eval()
with torch.no_grad():
    acc = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={acc:.4f}")
