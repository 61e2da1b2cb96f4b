// Everything that a run of the benchmark found: what is written as JSON, and what the tables are made of.
import type { AnswersResult } from '../cases/answers.js';
import type { DashboardResult } from '../cases/dashboard.js';
import type { ProductResult } from '../cases/product.js';
import type { ScalingRow } from '../cases/scaling.js';
import type { StartupResult } from '../cases/startup.js';
import type { LeftOut } from '../contenders.js';
import type { Floors } from '../floors/floors.js';
import type { Machine } from '../machine.js';
import type { TrainingResult } from '../measure.js';
import type { Torch } from '../peers/torch.js';
import type { Settings } from '../settings.js';

export interface Report {
  readonly machine: Machine;
  /** Of the last minute, when the run was over. */
  readonly loadAtEnd: number;
  readonly settings: Settings;
  readonly torches: readonly Torch[];
  readonly leftOut: readonly LeftOut[];
  readonly floors: Floors;
  readonly training: readonly TrainingResult[];
  /** Cores that something else kept busy before each of what follows, by its name. */
  readonly othersBusy: Readonly<Record<string, number>>;
  readonly product?: ProductResult;
  readonly startup?: StartupResult;
  readonly answers?: AnswersResult;
  readonly dashboard?: DashboardResult;
  readonly scaling?: readonly ScalingRow[];
}
