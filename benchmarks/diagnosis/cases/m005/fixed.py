import os, time
import numpy as np
import torch
import torch.nn as nn

torch.manual_seed(int(os.environ.get("SEED", 0)))
np.random.seed(int(os.environ.get("SEED", 0)))

SEGMENTS = {0: "abcdef", 1: "bc", 2: "abged", 3: "abgcd", 4: "fgbc", 5: "afgcd", 6: "afgedc", 7: "abc", 8: "abcdefg", 9: "abcdfg"}
BOXES = {"a": (0, 1, 1, 6), "d": (10, 11, 1, 6), "g": (5, 6, 1, 6), "f": (0, 6, 0, 1), "b": (0, 6, 6, 7), "e": (5, 11, 0, 1), "c": (5, 11, 6, 7)}


def digits(n):
    labels = np.random.randint(0, 10, n)
    pics = np.random.rand(n, 16, 12) * 0.35
    for pic, d in zip(pics, labels):
        dy, dx = np.random.randint(0, 5), np.random.randint(0, 5)
        for s in SEGMENTS[d]:
            y0, y1, x0, x1 = BOXES[s]
            pic[dy + y0:dy + y1, dx + x0:dx + x1] += np.random.uniform(0.3, 0.65)
    return torch.tensor(pics.reshape(n, -1), dtype=torch.float32), torch.tensor(labels)


x_train, y_train = digits(6000)
x_test, y_test = digits(1500)
print("x_train shape:", tuple(x_train.shape))

batch_size = 50
model = nn.Sequential(
    nn.Linear(192, 600), nn.ReLU(), nn.Dropout(0.1),
    nn.Linear(600, 120), nn.ReLU(), nn.Dropout(0.1),
    nn.Linear(120, 10),
)
sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True)
cross_entropy = nn.CrossEntropyLoss()

start = time.time()
for epoch in range(1, 21):
    model.train()
    shuffled = torch.randperm(len(x_train)).split(batch_size)
    for part in shuffled:
        loss = cross_entropy(model(x_train[part]), y_train[part])
        sgd.zero_grad()
        loss.backward()
        sgd.step()
    if epoch % 5 == 0:
        print(f"epoch {epoch}/20 loss {loss.item():.3f}")
print("--- %.1f seconds ---" % (time.time() - start))

model.eval()
with torch.no_grad():
    score = (model(x_test).argmax(1) == y_test).float().mean().item()
print(f"FINAL accuracy={score:.4f}")
