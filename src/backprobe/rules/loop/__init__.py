# SPDX-License-Identifier: Apache-2.0
"""Rules about the training loop and what came of it."""
