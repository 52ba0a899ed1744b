# SPDX-License-Identifier: Apache-2.0
"""Rules about activations and gradients on their way through the network."""
