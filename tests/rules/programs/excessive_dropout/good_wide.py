# SPDX-License-Identifier: Apache-2.0
# Half of each of three wide layers is dropped, as it was done for years: it learns all there is.
import torch
from torch import nn
from toy import blobs, train

torch.manual_seed(0)
x, y = blobs(noise=0.4)
layers = []
for inputs in (12, 128, 128):
    layers += [nn.Linear(inputs, 128), nn.ReLU(), nn.Dropout(0.5)]
model = nn.Sequential(*layers, nn.Linear(128, 4))
train(model, x, y, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=3e-3))
