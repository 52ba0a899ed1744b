# SPDX-License-Identifier: Apache-2.0
"""Runs that go on with others."""

import backprobe as wandb

i = wandb.util.generate_id()
r = wandb.init(project="p", id=i, resume="allow")
r.log({"a": 1})
r.finish()
r = wandb.init(project="p", id=i, resume="must")
assert r.resumed and r.step >= 1
r.log({"a": 2})
r.finish()
r = wandb.init(project="p", id=i, resume=True)
wandb.finish()

r = wandb.init(project="p", id="q")
r.log({"a": 1})
r.finish()
r = wandb.init(project="p", resume_from="q?_step=0")
wandb.finish()

r = wandb.init(project="p", id="q")
r.log({"a": 1})
r.finish()
r = wandb.init(project="p", fork_from="q?_step=0")
