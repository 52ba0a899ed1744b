import os
import torch
import torch.nn as nn
import torch.optim as optim

SEED = int(os.environ.get('SEED', 0))
torch.manual_seed(SEED)

vocab_size = 20
seq_len = 12
hidden_dim = 40
batch_size = 64


def make_data(n):
    # class: does the sequence go up, down, or do both ends agree?
    x = torch.randint(0, vocab_size, (n, seq_len))
    head = x[:, :2].sum(1)
    tail = x[:, -2:].sum(1)
    y = torch.zeros(n, dtype=torch.long)
    y[tail > head + 4] = 1
    y[tail < head - 4] = 2
    return x, y


class BiLSTM(nn.Module):
    def __init__(self):
        super(BiLSTM, self).__init__()
        self.embedding = nn.Embedding(vocab_size, 16)
        self.lstm = nn.LSTM(16, hidden_dim, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(hidden_dim * 2, 3)

    def forward(self, x):
        embeds = self.embedding(x)
        _, (h_n, c_n) = self.lstm(embeds)
        h = h_n.transpose(0, 1).contiguous().view(x.size(0), hidden_dim * 2)
        return self.fc(h)


train_x, train_y = make_data(3200)
test_x, test_y = make_data(640)

model = BiLSTM()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=0.003)

for epoch in range(8):
    perm = torch.randperm(train_x.size(0))
    total_loss = 0
    for i in range(0, train_x.size(0), batch_size):
        idx = perm[i:i + batch_size]
        optimizer.zero_grad()
        output = model(train_x[idx])
        loss = criterion(output, train_y[idx])
        loss.backward()
        optimizer.step()
        total_loss += loss.item()
    print('Epoch {} loss {:.4f}'.format(epoch, total_loss * batch_size / train_x.size(0)))

model.eval()
with torch.no_grad():
    pred = torch.cat([model(c).argmax(1) for c in test_x.split(batch_size)])
print('FINAL accuracy={:.4f}'.format((pred == test_y).float().mean().item()))
