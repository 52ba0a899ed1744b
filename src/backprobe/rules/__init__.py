# SPDX-License-Identifier: Apache-2.0
"""The table of rules: one entry a diagnosis, one file each, grouped by family."""

from __future__ import annotations

from backprobe.rules.base import AbstractRule
from backprobe.rules.data.class_imbalance import ClassImbalance
from backprobe.rules.data.constant_batch import ConstantBatch
from backprobe.rules.data.inputs_not_normalized import InputsNotNormalized
from backprobe.rules.data.labels_mismatched import LabelsMismatched
from backprobe.rules.data.nonfinite_data import NonfiniteData
from backprobe.rules.data.target_equals_input import TargetEqualsInput
from backprobe.rules.data.targets_not_normalized import TargetsNotNormalized
from backprobe.rules.data.train_eval_mismatch import TrainEvalMismatch
from backprobe.rules.data.train_test_overlap import TrainTestOverlap
from backprobe.rules.data.uninformative_inputs import UninformativeInputs
from backprobe.rules.data.unshuffled_data import UnshuffledData
from backprobe.rules.init.init_activation_mismatch import InitActivationMismatch
from backprobe.rules.init.init_scale_too_large import InitScaleTooLarge
from backprobe.rules.init.init_scale_too_small import InitScaleTooSmall
from backprobe.rules.init.initial_loss_off import InitialLossOff
from backprobe.rules.init.symmetric_init import SymmetricInit
from backprobe.rules.init.weights_not_loaded import WeightsNotLoaded
from backprobe.rules.loop.batch_size_too_large import BatchSizeTooLarge
from backprobe.rules.loop.batch_size_too_small import BatchSizeTooSmall
from backprobe.rules.loop.eval_mode_training import EvalModeTraining
from backprobe.rules.loop.loss_diverging import LossDiverging
from backprobe.rules.loop.loss_oscillating import LossOscillating
from backprobe.rules.loop.not_learning import NotLearning
from backprobe.rules.loop.overfitting import Overfitting
from backprobe.rules.loop.ranks_drifted_apart import RanksDriftedApart
from backprobe.rules.loop.slow_convergence import SlowConvergence
from backprobe.rules.loop.target_broadcast import TargetBroadcast
from backprobe.rules.loop.too_few_steps import TooFewSteps
from backprobe.rules.loop.train_mode_eval import TrainModeEval
from backprobe.rules.loop.underfitting import Underfitting
from backprobe.rules.model.batch_mixing import BatchMixing
from backprobe.rules.model.batchnorm_in_frozen_backbone import BatchnormInFrozenBackbone
from backprobe.rules.model.batchnorm_small_batch import BatchnormSmallBatch
from backprobe.rules.model.batchnorm_statistics_stale import BatchnormStatisticsStale
from backprobe.rules.model.bias_before_batchnorm import BiasBeforeBatchnorm
from backprobe.rules.model.detached_graph import DetachedGraph
from backprobe.rules.model.double_softmax import DoubleSoftmax
from backprobe.rules.model.dropout_before_batchnorm import DropoutBeforeBatchnorm
from backprobe.rules.model.excessive_dropout import ExcessiveDropout
from backprobe.rules.model.fan_ratio import FanRatio
from backprobe.rules.model.frozen_parameters import FrozenParameters
from backprobe.rules.model.logits_into_bce import LogitsIntoBce
from backprobe.rules.model.logits_into_nll import LogitsIntoNll
from backprobe.rules.model.loss_reduction_mismatch import LossReductionMismatch
from backprobe.rules.model.missing_nonlinearity import MissingNonlinearity
from backprobe.rules.model.output_range_mismatch import OutputRangeMismatch
from backprobe.rules.model.parameters_not_optimized import ParametersNotOptimized
from backprobe.rules.model.sigmoid_multiclass import SigmoidMulticlass
from backprobe.rules.model.single_unit_softmax import SingleUnitSoftmax
from backprobe.rules.model.unintended_weight_sharing import UnintendedWeightSharing
from backprobe.rules.model.unregistered_parameters import UnregisteredParameters
from backprobe.rules.model.unused_module import UnusedModule
from backprobe.rules.model.wrong_loss import WrongLoss
from backprobe.rules.optimizer.gradient_clipping_too_tight import GradientClippingTooTight
from backprobe.rules.optimizer.learning_rate_too_high import LearningRateTooHigh
from backprobe.rules.optimizer.learning_rate_too_low import LearningRateTooLow
from backprobe.rules.optimizer.missing_optimizer_step import MissingOptimizerStep
from backprobe.rules.optimizer.missing_zero_grad import MissingZeroGrad
from backprobe.rules.optimizer.momentum_too_high import MomentumTooHigh
from backprobe.rules.optimizer.scheduler_misuse import SchedulerMisuse
from backprobe.rules.optimizer.updates_lost_to_rounding import UpdatesLostToRounding
from backprobe.rules.optimizer.weight_decay_too_high import WeightDecayTooHigh
from backprobe.rules.signal.dead_relu import DeadRelu
from backprobe.rules.signal.exploding_gradients import ExplodingGradients
from backprobe.rules.signal.nonfinite_gradients import NonfiniteGradients
from backprobe.rules.signal.nonfinite_loss import NonfiniteLoss
from backprobe.rules.signal.saturated_activations import SaturatedActivations
from backprobe.rules.signal.vanishing_gradients import VanishingGradients

__all__ = ["BY_NAME", "RULES", "AbstractRule"]

RULES: tuple[type[AbstractRule], ...] = (
    # data
    ClassImbalance,
    ConstantBatch,
    InputsNotNormalized,
    LabelsMismatched,
    NonfiniteData,
    TargetEqualsInput,
    TargetsNotNormalized,
    TrainEvalMismatch,
    TrainTestOverlap,
    UninformativeInputs,
    UnshuffledData,
    # model
    BatchMixing,
    BatchnormInFrozenBackbone,
    BatchnormSmallBatch,
    BatchnormStatisticsStale,
    BiasBeforeBatchnorm,
    DetachedGraph,
    DoubleSoftmax,
    DropoutBeforeBatchnorm,
    ExcessiveDropout,
    FanRatio,
    FrozenParameters,
    LogitsIntoBce,
    LogitsIntoNll,
    LossReductionMismatch,
    MissingNonlinearity,
    OutputRangeMismatch,
    ParametersNotOptimized,
    SigmoidMulticlass,
    SingleUnitSoftmax,
    UnintendedWeightSharing,
    UnregisteredParameters,
    UnusedModule,
    WrongLoss,
    # init
    InitActivationMismatch,
    InitScaleTooLarge,
    InitScaleTooSmall,
    InitialLossOff,
    SymmetricInit,
    WeightsNotLoaded,
    # signal
    DeadRelu,
    ExplodingGradients,
    NonfiniteGradients,
    NonfiniteLoss,
    SaturatedActivations,
    VanishingGradients,
    # optimizer
    GradientClippingTooTight,
    LearningRateTooHigh,
    LearningRateTooLow,
    MissingOptimizerStep,
    MissingZeroGrad,
    MomentumTooHigh,
    SchedulerMisuse,
    WeightDecayTooHigh,
    UpdatesLostToRounding,
    # loop
    BatchSizeTooLarge,
    BatchSizeTooSmall,
    EvalModeTraining,
    LossDiverging,
    LossOscillating,
    NotLearning,
    Overfitting,
    RanksDriftedApart,
    SlowConvergence,
    TargetBroadcast,
    TooFewSteps,
    TrainModeEval,
    Underfitting,
)
"""Every rule, by family. A new rule is one file and one line here."""

BY_NAME = {rule.name: rule for rule in RULES}
"""Canonical name → rule."""
