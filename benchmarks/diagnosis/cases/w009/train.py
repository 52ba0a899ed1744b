import os
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset
from sklearn.datasets import load_digits

torch.manual_seed(int(os.environ.get("SEED", 0)))

# Hyper Parameters
batch_size = 64
learning_rate = 5e-3
num_epoches = 16

digits = load_digits()
images = torch.tensor(digits.images / 16.0, dtype=torch.float32)
labels = torch.tensor(digits.target)
perm = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
train_idx, test_idx = perm[:1300], perm[1300:]
train_loader = DataLoader(TensorDataset(images[train_idx], labels[train_idx]), batch_size=batch_size, shuffle=True)
test_loader = DataLoader(TensorDataset(images[test_idx], labels[test_idx]), batch_size=batch_size, shuffle=False)


class Rnn(nn.Module):
    def __init__(self, in_dim, hidden_dim, n_layer, n_class):
        super(Rnn, self).__init__()
        self.n_layer = n_layer
        self.hidden_dim = hidden_dim
        self.lstm = nn.LSTM(in_dim, hidden_dim, n_layer)
        self.classifier = nn.Linear(hidden_dim, n_class)

    def forward(self, x):
        out, _ = self.lstm(x)
        out = out[:, -1, :]
        return self.classifier(out)


model = Rnn(8, 64, 2, 10)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=learning_rate)

for epoch in range(num_epoches):
    model.train()
    running_loss, running_acc = 0.0, 0.0
    for img, label in train_loader:
        out = model(img)
        loss = criterion(out, label)
        running_loss += loss.item() * label.size(0)
        running_acc += (out.argmax(1) == label).sum().item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print('Finish {} epoch, Loss: {:.6f}, Acc: {:.6f}'.format(epoch + 1, running_loss / len(train_idx), running_acc / len(train_idx)))

model.eval()
eval_acc = 0.0
with torch.no_grad():
    for img, label in test_loader:
        eval_acc += (model(img).argmax(1) == label).sum().item()
print('FINAL accuracy={:.4f}'.format(eval_acc / len(test_idx)))
