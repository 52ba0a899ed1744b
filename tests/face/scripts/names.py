# SPDX-License-Identifier: Apache-2.0
"""Names below the module, and parts that are W&B's own."""

import backprobe as wandb

i = wandb.util.generate_id()
assert isinstance(i, str)
wandb.sdk.lib.runid.generate_id()
wandb.finish()

wandb.termlog("x")
wandb.termwarn("y")
wandb.termerror("z")
wandb.termwarn("y", repeat=False)
wandb.finish()

wandb.data_types.Image
wandb.data_types.Table
wandb.wandb_sdk
wandb.sdk.wandb_run.Run
wandb.finish()

wandb.__version__
wandb.env
wandb.Error
wandb.errors.CommError
wandb.errors.UsageError
wandb.Graph
wandb.JoinedTable
wandb.box3d
wandb.data_types
wandb.apis
wandb.finish()

wandb.apis.public
wandb.Api().client if hasattr(wandb.Api(), "client") else 0
wandb.api.api_key if hasattr(wandb, "api") else 0
wandb.finish()

wandb.EvalTable
wandb.finish()

wandb.controller()
wandb.finish()

wandb.gym.monitor()
wandb.init(project="p")
wandb.finish()

wandb.keras.WandbCallback
wandb.finish()

wandb.tensorboard.patch(root_logdir="logs")
wandb.init(project="p", sync_tensorboard=True)
wandb.finish()

wandb.init(project="p", sync_tensorboard=True)
from torch.utils.tensorboard import SummaryWriter

w = SummaryWriter("logs")
w.add_scalar("a", 1, 1)
w.close()
wandb.log({"b": 2})
wandb.finish()

from sklearn.linear_model import LogisticRegression
from sklearn.datasets import load_iris

X, y = load_iris(return_X_y=True)
m = LogisticRegression(max_iter=500).fit(X, y)
wandb.init(project="p")
wandb.sklearn.plot_confusion_matrix(y, m.predict(X), ["a", "b", "c"])
wandb.sklearn.plot_classifier(
    m, X, X, y, y, m.predict(X), m.predict_proba(X), ["a", "b", "c"], model_name="LR"
)
