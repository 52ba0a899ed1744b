// What the server sends (docs/reference/http.md). `tests/web/test_payload_types.py` holds these
// names against real answers.
import type { Num } from "../lib/number";

export type State = "running" | "finished" | "failed" | "killed" | "crashed";
export type Severity = "error" | "warning" | "note";
/** Anything that JSON holds: settings are the user's own. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Settings = Record<string, Json>;

export interface Source {
  file: string;
  line: number;
  text: string;
}

export interface RunRow {
  id: string;
  name: string;
  project: string;
  kind: string;
  state: State;
  created: number;
  ended: number | null;
  tags: string[];
  command: string;
  group: string;
  job_type: string;
  notes: string;
  exit_code: number | null;
  host: string;
  /** A digit of the palette, "#rrggbb", or "". */
  colour: string;
  config: Settings;
  /** Of a learning-rate test or a study, in a few words. */
  answer: string;
  metrics: Record<string, Num>;
  summary: Summary | null;
}

export interface Summary {
  loss: Num | null;
  steps: number;
  errors: number;
  warnings: number;
  notes: number;
  top: string;
  /** Of all errors and warnings. */
  rules: string[];
  /** Why the record could not be diagnosed, "" where it could. */
  error: string;
}

export interface Runs {
  schema: number;
  store: string;
  /** Nothing can be changed here. */
  read_only: boolean;
  version: string;
  /** Those that changed after the version that was asked with. */
  runs: RunRow[];
  /** All, newest first, where some came or went. */
  ids: string[] | null;
}

export interface RunHead {
  id: string;
  name: string;
  project: string;
  kind: string;
  state: State;
  created: number;
  ended: number | null;
  command: string[];
  cwd: string;
  exit_code: number | null;
  host: string;
  pid: number;
  path: string;
  group: string;
  job_type: string;
  notes: string;
  tags: string[];
}

export interface Quantity {
  name: string;
  of: "parameters" | "outputs";
  label: string;
  scale: "log" | "share" | "signed";
  about: string;
}

export interface Process {
  log: string;
  rank: number;
  world: number;
  steps: number;
}

export interface RunDetail {
  schema: number;
  run: RunHead;
  length: number;
  config: Settings;
  summary: Settings;
  environment: Settings;
  keys: string[];
  quantities: Quantity[];
  steps: number;
  last_step: number | null;
  cost: Settings | null;
  failures: Settings[];
  alerts: Settings[];
  blind_spots: string[];
  damage: string[];
  processes: Process[];
  /** Nothing can be changed here. */
  read_only: boolean;
}

export interface Module {
  index: number;
  name: string;
  type: string;
  root: number;
  parent: number;
  source: Source | null;
  settings: Settings;
  training: boolean;
  calls: number;
  parameters: number[];
}

export interface Parameter {
  index: number;
  name: string;
  module: number;
  shape: number[];
  dtype: string;
  requires_grad: boolean;
  optimizer: number;
  group: number;
  aliases: string[];
  initial: Record<string, Num>;
  size: number;
}

export interface Place {
  index: number;
  name: string;
  type: string;
  activation: string;
  module: number;
  order: number;
  shape: number[];
  inputs: number[];
  source: Source | null;
  functional: boolean;
  label: string;
}

export interface Optimizer {
  index: number;
  type: string;
  source: Source | null;
  step_source: Source | null;
  groups: Settings[];
}

export interface Loss {
  index: number;
  kind: string;
  reduction: string;
  before: string[];
  output_shape: number[];
  target_shape: number[];
  source: Source | null;
}

export interface Structure {
  schema: number;
  length: number;
  modules: Module[];
  parameters: Parameter[];
  places: Place[];
  optimizers: Optimizer[];
  losses: Loss[];
}

export interface Finding {
  rule: string;
  kind: "cause" | "symptom";
  severity: Severity;
  confidence: number;
  message: string;
  where: string[];
  source: Source | null;
  steps: [number, number];
  evidence: Settings;
  treatments: string[];
  rank: number;
  explained_by: string[];
}

export interface Findings {
  schema: number;
  run: string;
  length: number;
  steps: number;
  error: string;
  findings: Finding[];
  treatments: Record<string, string>;
  /** Where steps of findings lie on other axes. */
  clock: { step: number; time: number; history: number | null }[];
}

export interface Console {
  schema: number;
  next: number;
  cut: boolean;
  pieces: [number, string][];
}

export interface RuleText {
  schema: number;
  name: string;
  family: string;
  text: string;
}

export interface SourceLines {
  schema: number;
  file: string;
  line: number;
  recorded: string;
  first: number;
  lines: string[];
  why: string;
}

export interface MatrixRow {
  index: number;
  name: string;
  type: string;
  module: number;
  shape: number[];
}

/** Cells [rows × columns], row by row; `start` and `end` are the steps that a column merges. */
export interface Matrix {
  signal: string;
  rows: MatrixRow[];
  start: Float64Array;
  end: Float64Array;
  values: Float32Array;
  nonfinite: Float32Array | null;
}

/** Counts [columns × BINS]. */
export interface Histograms {
  start: Float64Array;
  end: Float64Array;
  counts: Float32Array;
}

/** Numbers of units, and of each quantity [units × columns]; null where it was never measured. */
export interface Units {
  units: number[];
  start: Float64Array;
  end: Float64Array;
  rms: Float32Array | null;
  zero: Float32Array | null;
  saturated: Float32Array | null;
}

export interface Operation {
  index: number;
  name: string;
  module: number;
  source: Source | null;
  inputs: number[];
  shape: number[];
  place: number;
  arguments: Settings;
}

export interface Graph {
  schema: number;
  length: number;
  cut: number;
  operations: Operation[];
}

export interface Phase {
  batches: number;
  distinct: number | null;
  /** Column → least, median, greatest. */
  columns: Record<string, [number, number, number]>;
}

export interface Targets {
  loss: string;
  classes: number;
  target: Settings;
  output: Settings;
  weighted: boolean;
}

export interface Repeats {
  rows: number;
  distinct: number;
  returned: number;
  changed: number;
  within: number;
}

export interface Overlap {
  rows: number;
  trained: number;
  share: number;
  phases: number;
}

export interface DataFacts {
  schema: number;
  length: number;
  training: Phase;
  evaluation: Phase;
  targets: Targets[];
  repeats: Repeats | null;
  overlap: Overlap | null;
}

/** The first rows of the first batch of a phase: numbers, or pictures as bytes in base64. */
export interface Sample {
  step: number;
  evaluation: number;
  /** Of the whole batch. */
  rows: number;
  /** Of one row. */
  shape: number[];
  integer: boolean;
  picture: boolean;
  inputs?: Num[][];
  /** Rows, channels, height, width of the pixels. */
  size?: [number, number, number, number];
  low?: number;
  high?: number;
  pixels?: string;
  targets: Num[][] | null;
}

export interface Samples {
  schema: number;
  length: number;
  samples: Sample[];
}

export interface TrialRow {
  run: string;
  name: string;
  state: State;
  created: number;
  treatments: string[];
  seed: number | null;
  steps: number | null;
  finding: string;
  failure: string;
}

export interface Answer {
  kind: "prove" | "study" | "lr";
  time: number;
  data: Settings;
}

export interface Trials {
  schema: number;
  run: string;
  original: string;
  answers: Answer[];
  trials: TrialRow[];
}

export interface Parting {
  what: string;
  step: number;
  large: number | null;
  names?: string[];
  count?: number;
  values?: [Num, Num];
}

export interface Divergence {
  schema: number;
  a: string;
  b: string;
  facts: Parting[];
  same: string[];
}

export interface MediaItem {
  key: string;
  step: number;
  kind: "image" | "table";
  path: string;
  caption: string;
}

export interface Media {
  schema: number;
  length: number;
  all: number;
  items: MediaItem[];
}

export interface Trash {
  schema: number;
  runs: { id: string; name: string; created: number }[];
}

/** One series of one run. */
export interface Curve {
  run: string;
  key: string;
  rows: number;
  x: Float64Array;
  y: Float64Array;
}

/** What the live socket says. */
export type Word = { type: "runs" } | { type: "run"; id: string; length: number; state: State };
