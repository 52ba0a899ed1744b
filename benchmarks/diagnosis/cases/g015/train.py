import os
import random
import torch
import torch.nn as nn
import torch.nn.functional as F

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)
ALPHABET = " abcdefghijklmnopqrstuvwxyz$!0123456789"
SPAM = ["win $1000 now", "free prize!!", "click here", "act now!", "cheap pills"]
HAM = ["see you at 5", "call mum later", "meeting moved", "thanks a lot", "lunch today", "win or lose is ok", "free on friday"]


def message():
    spam = random.random() < 0.5
    parts = random.choices(HAM, k=2)
    parts.insert(random.randrange(3), random.choice(SPAM if spam else HAM))
    text = " ".join(parts)
    text = "".join(random.choice(ALPHABET) if random.random() < 0.05 else ch for ch in text)[:44].ljust(44)
    return [ALPHABET.index(ch) for ch in text], float(spam)


class SpamLSTM(nn.Module):
    def __init__(self, embedding_dim=16, hidden_dim=40):
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)
        self.hidden = nn.Linear(hidden_dim, 24)
        self.output = nn.Linear(24, 1)

    def forward(self, x):
        states, _ = self.lstm(self.embedding(x))
        h = F.relu(self.hidden(states.mean(1)))
        return F.softmax(self.output(h), dim=1)


data = [message() for _ in range(1900)]
X = torch.tensor([ids for ids, _ in data])
y = torch.tensor([[label] for _, label in data])
model = SpamLSTM()
criterion = nn.BCELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)

for epoch in range(6):
    order = torch.randperm(1500)
    epoch_loss = 0.0
    for i in range(0, 1500, 50):
        batch = order[i:i + 50]
        optimizer.zero_grad()
        predictions = model(X[batch])
        loss = criterion(predictions, y[batch])
        loss.backward()
        optimizer.step()
        epoch_loss += loss.item()
    print(f"Epoch {epoch + 1}: loss {epoch_loss / 30:.4f}")

with torch.no_grad():
    accuracy = ((model(X[1500:]) > 0.5) == (y[1500:] > 0.5)).float().mean().item()
print(f"FINAL accuracy={accuracy:.4f}")
