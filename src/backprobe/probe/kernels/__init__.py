# SPDX-License-Identifier: Apache-2.0
"""One batched reduction over the tensors of a step: compiled, or through torch."""
