import { printNote, printProblem } from './console.ts';

/** Something to tell a person, once. */
export interface Problem {
  readonly text: string;
  /** Whether something is wrong; else it is good to know. */
  readonly isFault: boolean;
}

/** Tells what was not there the last time, and forgets what is over, so that it is told when it comes back. */
export class News {
  #told: Set<string> = new Set();

  tell(problems: readonly Problem[]): void {
    for (const { text, isFault } of problems) {
      if (this.#told.has(text)) continue;
      if (isFault) printProblem(text);
      else printNote(text);
    }
    this.#told = new Set(problems.map(({ text }) => text));
  }

  /** Tells of one beside those that are there. */
  add(problem: string): void {
    if (this.#told.has(problem)) return;
    this.#told.add(problem);
    printProblem(problem);
  }
}
