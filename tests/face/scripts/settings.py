# SPDX-License-Identifier: Apache-2.0
"""Settings, as an object and as a dict, and environment variables."""

import os
import backprobe as wandb

st = wandb.Settings(
    start_method="thread",
    console="off",
    silent=True,
    _disable_stats=True,
    code_dir=".",
    init_timeout=300,
    _service_wait=300,
)
run = wandb.init(project="p", settings=st)
run.settings.console
run.settings.start_method if hasattr(run.settings, "start_method") else 0
wandb.Settings(**{"x_disable_stats": True})
st.mode
st.project
st.run_id
wandb.finish()

wandb.init(project="p", settings={"start_method": "fork", "console": "off"})
wandb.finish()

wandb.setup()
wandb.setup(settings=wandb.Settings(mode="offline"))
wandb.init(project="p")
wandb.finish()

wandb.require("core")
wandb.require("service")
wandb.init(project="p")
wandb.finish()

os.environ["WANDB_API_KEY"] = "x" * 40
os.environ["WANDB_START_METHOD"] = "thread"
os.environ["WANDB_WATCH"] = "false"
os.environ["WANDB_CONSOLE"] = "off"
wandb.init(project="p")
wandb.finish()

wandb.login(key="x" * 40)
wandb.login(relogin=True, anonymous="must")
wandb.login(key="k", host="h", force=True, timeout=1, verify=True)
