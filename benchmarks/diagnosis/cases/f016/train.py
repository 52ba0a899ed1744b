import os
import numpy as np
import pandas as pd
import torch
import torch.nn as nn
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler
from torch.utils.data import Dataset, DataLoader

SEED = int(os.environ.get("SEED", 0))
np.random.seed(SEED)
torch.manual_seed(SEED)

frame = load_breast_cancer(as_frame=True).frame.sample(frac=1.0, random_state=SEED).reset_index(drop=True)
train_df, test_df = frame[:420], frame[420:]
scaler = StandardScaler().fit(train_df.drop(columns="target"))


class TumourData(Dataset):
    def __init__(self, df):
        self.x = torch.tensor(scaler.transform(df.drop(columns="target")), dtype=torch.float32)
        self.y = torch.tensor(df["target"].values, dtype=torch.float32)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return self.x[i], self.y[i].unsqueeze(0)


class TumourNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(30, 40)
        self.hidden2 = nn.Linear(40, 20)
        self.output = nn.Linear(20, 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        x = torch.relu(self.hidden1(x))
        x = self.dropout(torch.relu(self.hidden2(x)))
        return self.output(x)


model = TumourNet()
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loader = DataLoader(TumourData(train_df), batch_size=16, shuffle=True)
for epoch in range(15):
    model.train()
    history = []
    for x, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    print("Epoch", epoch, "train loss", np.mean(history))

model.eval()
test = TumourData(test_df)
with torch.no_grad():
    p = torch.sigmoid(model(test.x)).squeeze(1)
print("FINAL accuracy=%.4f" % ((p > 0.5).float() == test.y).float().mean().item())
