import os
import torch
import torch.nn as nn
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from torch.utils.data import TensorDataset, DataLoader, random_split

seed = int(os.environ.get("SEED", 0))
torch.manual_seed(seed)

# bag of words -> tags
X, Y = make_multilabel_classification(n_samples=4000, n_features=60, n_classes=10, n_labels=2, length=60, random_state=seed)
X = torch.log1p(torch.tensor(X, dtype=torch.float32))
X = (X - X.mean(0)) / X.std(0)
Y = torch.tensor(Y, dtype=torch.float32)
train_set, test_set = random_split(TensorDataset(X, Y), [3200, 800])


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super(Tagger, self).__init__()
        self.fc1 = nn.Linear(n_words, 128)
        self.drop = nn.Dropout(0.3)
        self.fc2 = nn.Linear(128, n_tags)
        self.relu = nn.ReLU()
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        x = self.drop(self.relu(self.fc1(x)))
        x = self.sigmoid(self.fc2(x))
        return x


model = Tagger(60, 10)
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
train_loader = DataLoader(train_set, batch_size=64, shuffle=True)
test_loader = DataLoader(test_set, batch_size=200)

for epoch in range(15):
    model.train()
    train_loss = 0.0
    for words, tags in train_loader:
        optimizer.zero_grad()
        outputs = model(words)
        loss = criterion(outputs, tags)
        loss.backward()
        optimizer.step()
        train_loss += loss.item()
    print(f"epoch {epoch + 1} train loss {train_loss / len(train_loader):.4f}")

model.eval()
all_pred, all_true = [], []
with torch.no_grad():
    for words, tags in test_loader:
        all_pred.append(torch.sigmoid(model(words)) > 0.5)
        all_true.append(tags > 0.5)
f1 = f1_score(torch.cat(all_true).numpy(), torch.cat(all_pred).numpy(), average="micro")
print(f"FINAL f1={f1:.4f}")
