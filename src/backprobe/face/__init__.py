# SPDX-License-Identifier: Apache-2.0
"""The W&B-shaped API: run, config, summary, log, Api, media."""
