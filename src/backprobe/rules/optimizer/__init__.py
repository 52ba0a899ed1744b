# SPDX-License-Identifier: Apache-2.0
"""Rules about the optimizer and its schedule."""
