# SPDX-License-Identifier: Apache-2.0
"""Rules about inputs and targets."""
