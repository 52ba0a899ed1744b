import os
import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)
VOCAB, LENGTH, CLASSES = 8, 16, 5


def samples(n):
    """how often does the first symbol of the row come back, at most four times?"""
    x = torch.randint(0, VOCAB, (n, LENGTH))
    again = torch.rand(n, LENGTH) < torch.rand(n, 1) * 0.25
    x = torch.where(again, x[:, :1], x)
    return x, (x[:, 1:] == x[:, :1]).sum(1).clamp(max=CLASSES - 1)


class Counter(nn.Module):
    def __init__(self, dim=48):
        super().__init__()
        self.token = nn.Embedding(VOCAB, dim)
        self.place = nn.Embedding(LENGTH, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, dim_feedforward=96, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, CLASSES)

    def forward(self, x):
        h = self.token(x) + self.place(torch.arange(LENGTH))
        return self.head(self.norm(self.encoder(h))[:, 0])


class Trainer:
    def __init__(self, model, max_norm=0.001):
        self.model = model
        self.max_norm = max_norm
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        self.loss = nn.CrossEntropyLoss()

    def step(self, x, y):
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.max_norm)
        self.optimizer.step()
        return loss.item()


x_train, y_train = samples(4000)
x_test, y_test = samples(1000)
trainer = Trainer(Counter())
for epoch in range(8):
    losses = [trainer.step(x_train[idx], y_train[idx]) for idx in torch.randperm(4000).split(50)]
    print(f"epoch {epoch + 1}: {sum(losses) / len(losses):.4f}")

with torch.no_grad():
    accuracy = (trainer.model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
