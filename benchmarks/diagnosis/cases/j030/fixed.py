import os

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(int(os.environ.get("SEED", 0)))
LENGTH, VOCAB = 20, 12


def sequences(n):
    """Does the last 'A' (token 1) stand before or after the first 'B' (token 2)?"""
    ids = torch.randint(3, VOCAB, (n, LENGTH))
    spots = torch.rand(n, LENGTH).argsort(1)[:, :2]
    ids.scatter_(1, spots[:, :1], 1)
    ids.scatter_(1, spots[:, 1:], 2)
    return TensorDataset(ids, (spots[:, 0] < spots[:, 1]).long())


class OrderFormer(nn.Module):
    def __init__(self, d_model=32, nhead=4, num_layers=2, classes=2):
        super().__init__()
        self.d_model = d_model
        self.token = nn.Embedding(VOCAB, d_model)
        self.position = nn.Embedding(LENGTH, d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, dim_feedforward=64, dropout=0.0, activation="gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers, enable_nested_tensor=False)
        self.fc = nn.Linear(d_model, classes)

    def forward(self, ids):
        steps = torch.arange(ids.size(1), device=ids.device)
        x = self.token(ids) + self.position(steps)
        x = self.encoder(x)
        return self.fc(x.mean(dim=1))


def run():
    train_dl = DataLoader(sequences(3000), batch_size=50, shuffle=True)
    val = sequences(1000)
    model = OrderFormer()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    sched = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, epochs=10, steps_per_epoch=len(train_dl))
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(10):
        model.train()
        epoch_loss = 0.0
        for ids, y in train_dl:
            optimizer.zero_grad()
            loss = loss_fn(model(ids), y)
            loss.backward()
            optimizer.step()
            sched.step()
            epoch_loss += loss.item()
        model.eval()
        with torch.no_grad():
            acc = (model(val.tensors[0]).argmax(1) == val.tensors[1]).float().mean().item()
        print(f"epoch {epoch} loss {epoch_loss / len(train_dl):.4f} val acc {acc:.4f}")
    return acc


print(f"FINAL accuracy={run():.4f}")
