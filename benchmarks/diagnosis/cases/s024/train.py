import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
g = torch.Generator().manual_seed(int(os.environ.get("SEED", 0)) + 9)

VOCAB, LENGTH = 20, 12
BEATS = torch.randint(0, 3, (VOCAB, VOCAB), generator=torch.Generator().manual_seed(4))


def games(n):
    moves = torch.randint(0, VOCAB, (n, LENGTH), generator=g)
    # first move against the most recent one of the other side decides the class
    side = moves[:, 0] % 4
    strong = (moves > 14).sum(1)
    label = (side + (strong > 2).long()) % 4
    return moves, label


class Opening(nn.Module):
    def __init__(self, d=32):
        super().__init__()
        self.piece = nn.Embedding(VOCAB, d)
        self.place = nn.Parameter(torch.randn(LENGTH, d) * 0.3)
        layer = nn.TransformerEncoderLayer(d, nhead=4, dim_feedforward=64, dropout=0.7, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.cls = nn.Linear(d, 4)

    def forward(self, moves):
        h = self.encoder(self.piece(moves) + self.place)
        return self.cls(h.mean(1))


def run(model, loader, optimizer):
    model.train()
    seen = total = 0
    for moves, label in loader:
        loss = nn.functional.cross_entropy(model(moves), label)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(label)
        seen += len(label)
    return total / seen


def accuracy(model, moves, label):
    model.eval()
    with torch.inference_mode():
        return (model(moves).argmax(-1) == label).float().mean().item()


loader = DataLoader(TensorDataset(*games(2400)), batch_size=48, shuffle=True)
test_moves, test_label = games(800)
model = Opening()
optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
for epoch in range(9):
    loss = run(model, loader, optimizer)
    print(f"epoch {epoch + 1:2d} loss {loss:.4f} test {accuracy(model, test_moves, test_label):.3f}")
print(f"FINAL accuracy={accuracy(model, test_moves, test_label):.4f}")
