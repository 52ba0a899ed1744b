import os
import torch
import torch.nn as nn
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

SEED = int(os.environ.get("SEED", 0))
torch.manual_seed(SEED)

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=SEED, stratify=y)
scaler = StandardScaler().fit(X_train)
X_train = torch.tensor(scaler.transform(X_train), dtype=torch.float32)
X_test = torch.tensor(scaler.transform(X_test), dtype=torch.float32)
y_train, y_test = torch.tensor(y_train), torch.tensor(y_test)

keep_prob = 0.85


class RowLSTM(nn.Module):
    """reads the picture as eight rows of eight pixels"""

    def __init__(self):
        super().__init__()
        self.input_drop = nn.Dropout(keep_prob)
        self.lstm = nn.LSTM(8, 64, batch_first=True)
        self.drop = nn.Dropout(keep_prob)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        rows = self.input_drop(x.view(-1, 8, 8))
        out, (h, c) = self.lstm(rows)
        return self.fc(self.drop(h[-1]))


model = RowLSTM()
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(25):
    model.train()
    for idx in torch.randperm(len(X_train)).split(64):
        loss = loss_fn(model(X_train[idx]), y_train[idx])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if (epoch + 1) % 5 == 0:
        print("epoch", epoch + 1, "loss", loss.item())

model.eval()
with torch.no_grad():
    print(f"FINAL accuracy={(model(X_test).argmax(1) == y_test).float().mean().item():.4f}")
