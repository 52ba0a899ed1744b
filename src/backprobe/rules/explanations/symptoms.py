# SPDX-License-Identifier: Apache-2.0
"""Symptoms that come together."""

from __future__ import annotations

TOO_LARGE = ("exploding-gradients", "nonfinite-loss", "initial-loss-off", "learning-rate-too-high")
"""Of numbers that outgrow their layers."""
NO_SIGNAL = ("vanishing-gradients", "learning-rate-too-low")
"""Of numbers that fade on their way."""
