import os
import random
import string

import torch
import torch.nn as nn

SEED = int(os.environ.get("SEED", 0))
random.seed(SEED)
torch.manual_seed(SEED)

all_letters = string.ascii_lowercase
n_letters = len(all_letters)
endings = {
    "Italian": ["ini", "etti", "ano", "ella"],
    "Russian": ["ov", "sky", "enko", "in"],
    "German": ["mann", "berg", "stein", "er"],
    "Japanese": ["moto", "yama", "kawa", "da"],
}
all_categories = list(endings)
syllables = ["ba", "ro", "ki", "lu", "sa", "te", "mi", "go", "ne", "va", "po", "shi"]


def make_name(cat):
    return "".join(random.choice(syllables) for _ in range(random.randint(1, 3))) + random.choice(endings[cat])


def nameToTensor(name):
    tensor = torch.zeros(len(name), 1, n_letters)
    for li, letter in enumerate(name):
        tensor[li][0][all_letters.index(letter)] = 1
    return tensor


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super(RNN, self).__init__()
        self.hidden_size = hidden_size
        self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
        self.i2o = nn.Linear(input_size + hidden_size, output_size)

    def forward(self, input, hidden):
        combined = torch.cat((input, hidden), 1)
        hidden = torch.tanh(self.i2h(combined))
        output = self.i2o(combined)
        return output, hidden

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


n_hidden = 64
rnn = RNN(n_letters, n_hidden, len(all_categories))
criterion = nn.NLLLoss()
learning_rate = 0.005
optimizer = torch.optim.SGD(rnn.parameters(), lr=learning_rate)


def evaluate(name):
    hidden = rnn.initHidden()
    for letter in nameToTensor(name):
        output, hidden = rnn(letter, hidden)
    return output


current_loss = 0
for iter in range(1, 2501):
    category = random.choice(all_categories)
    category_tensor = torch.tensor([all_categories.index(category)])
    line_tensor = nameToTensor(make_name(category))

    hidden = rnn.initHidden()
    rnn.zero_grad()
    for i in range(line_tensor.size()[0]):
        output, hidden = rnn(line_tensor[i], hidden)
    loss = criterion(output, category_tensor)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(rnn.parameters(), 5.0)
    optimizer.step()
    current_loss += loss.item()
    if iter % 500 == 0:
        print("%d %.4f" % (iter, current_loss / 500))
        current_loss = 0

correct = 0
with torch.no_grad():
    for k in range(600):
        category = all_categories[k % 4]
        correct += evaluate(make_name(category)).argmax(1).item() == all_categories.index(category)
print(f"FINAL accuracy={correct / 600:.4f}")
