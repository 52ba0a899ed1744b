// Which pictures show what a rule speaks of: the evidence of a finding as charts.

export type Picture =
  /** Series of the whole run. */
  | { kind: "curve"; title: string; keys: readonly string[] }
  /** A signal of the layers that the finding names, over steps. */
  | { kind: "layers"; title: string; of: "parameters" | "outputs"; signal: string }
  /** A signal of all layers at one step, from the input to the output. */
  | { kind: "depth"; title: string; signal: string };

const LOSS: Picture = { kind: "curve", title: "Loss", keys: ["step/loss", "evaluation/loss"] };
const ACCURACY: Picture = { kind: "curve", title: "Accuracy in evaluation", keys: ["evaluation/accuracy"] };
const NORM: Picture = { kind: "curve", title: "Gradient norm", keys: ["step/grad_norm", "step/clip_norm"] };
const RATE: Picture = { kind: "curve", title: "Learning rate", keys: ["step/lr"] };
const GRADIENTS: Picture = { kind: "depth", title: "Gradient by depth", signal: "grad_rms" };
const OUTPUTS: Picture = { kind: "depth", title: "Output by depth", signal: "out_rms" };
const WEIGHTS: Picture = { kind: "depth", title: "Weights by depth", signal: "weight_rms" };
const RATIO: Picture = { kind: "depth", title: "Update / weight by depth", signal: "update_ratio" };
const layers = (title: string, of: "parameters" | "outputs", signal: string): Picture => ({ kind: "layers", title, of, signal });

const PICTURES: Record<string, readonly Picture[]> = {
  "vanishing-gradients": [GRADIENTS, layers("Gradient of these layers", "parameters", "grad_rms")],
  "exploding-gradients": [GRADIENTS, NORM],
  "dead-relu": [layers("Dead units", "outputs", "out_dead"), LOSS],
  "saturated-activations": [layers("Saturated units", "outputs", "out_saturated"), GRADIENTS],
  "nonfinite-gradients": [NORM, layers("NaN and infinite gradients", "parameters", "grad_nonfinite")],
  "nonfinite-loss": [LOSS, NORM],
  "nonfinite-data": [LOSS, NORM],
  "init-scale-too-large": [WEIGHTS, OUTPUTS],
  "init-scale-too-small": [WEIGHTS, OUTPUTS],
  "init-activation-mismatch": [OUTPUTS, GRADIENTS],
  "symmetric-init": [WEIGHTS],
  "initial-loss-off": [LOSS],
  "learning-rate-too-high": [LOSS, RATIO],
  "learning-rate-too-low": [LOSS, RATIO],
  "weight-decay-too-high": [layers("Weights of these layers", "parameters", "weight_rms"), LOSS],
  "gradient-clipping-too-tight": [NORM],
  "momentum-too-high": [LOSS, layers("Gradient agreement", "parameters", "grad_cosine")],
  "scheduler-misuse": [RATE, LOSS],
  "missing-optimizer-step": [LOSS, layers("Weights of these layers", "parameters", "weight_rms")],
  "missing-zero-grad": [NORM, LOSS],
  "overfitting": [LOSS, ACCURACY],
  "train-mode-eval": [LOSS, ACCURACY],
  "train-test-overlap": [LOSS, ACCURACY],
  "frozen-parameters": [layers("Updates of these layers", "parameters", "update_rms")],
  "parameters-not-optimized": [layers("Updates of these layers", "parameters", "update_rms")],
  "inputs-not-normalized": [LOSS, OUTPUTS],
  "missing-nonlinearity": [LOSS],
  "uninformative-inputs": [LOSS],
};

/** The pictures of a rule; of one that is not listed, the loss. */
export function pictures(rule: string): readonly Picture[] {
  return PICTURES[rule] ?? [LOSS];
}
