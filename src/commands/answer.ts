import type { Outputs } from '../action/outputs.ts';

/** What a command ends with; main.ts turns it into outputs and the exit status. */
export interface Answer {
  outputs: Outputs;
}
