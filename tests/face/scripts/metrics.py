# SPDX-License-Identifier: Apache-2.0
"""define_metric in all its forms."""

import backprobe as wandb

run = wandb.init(project="p")
wandb.define_metric("global_step")
wandb.define_metric("*", step_metric="global_step")
wandb.define_metric("train/*", step_metric="global_step")
wandb.define_metric(name="loss", summary="min", goal="minimize")
wandb.define_metric("acc", summary="best", goal="maximize")
wandb.define_metric("x", summary="max,mean")
wandb.define_metric("val", step_metric=run.define_metric("s"))
wandb.define_metric("h", hidden=True)
wandb.define_metric("lossc", summary="copy")
