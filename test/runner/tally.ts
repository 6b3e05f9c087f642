import { Parser, type FinalResults, type Result } from 'tap-parser';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** One failed assertion, or one thing that went wrong beside the assertions. */
export interface Failure {
  readonly message: string;
  /** What tap says of it: diff, found, wanted, at, stack, source … */
  readonly diagnostics: Readonly<Record<string, unknown>>;
}

/** One test that holds no other tests. */
export interface LeafTest {
  /** Its name, after the names of the tests around it. */
  readonly path: readonly string[];
  readonly outcome: Outcome;
  /** Why it was skipped. */
  readonly reason?: string;
  readonly failures: readonly Failure[];
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function tallyOf(leaves: readonly LeafTest[]): Tally {
  const count = (outcome: Outcome): number => leaves.filter((leaf) => leaf.outcome === outcome).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
}

/** What is known of one test while its TAP comes in. */
interface TestNode {
  readonly path: readonly string[];
  hasSubtests: boolean;
  readonly assertions: Result[];
  /** Leaves inside it that are decided. */
  failedLeaves: number;
}

/**
 * Reads TAP and tells of each leaf test as soon as it is decided. Leaves are counted, not assertions: a test with ten
 * assertions is one test, and so is a test that was skipped as a whole. Nothing that failed is lost: an assertion that
 * failed beside subtests, a broken plan and a bail-out count as one failed test each.
 *
 * @returns a writable stream for the TAP text; its `end()` decides what is left
 */
export function readTap(onLeaf: (leaf: LeafTest) => void): Parser {
  const root = new Parser();
  follow(root, [], onLeaf);
  return root;
}

function follow(parser: Parser, path: readonly string[], onLeaf: (leaf: LeafTest) => void): TestNode {
  const node: TestNode = { path, hasSubtests: false, assertions: [], failedLeaves: 0 };
  const tell = (leaf: LeafTest): void => {
    if (leaf.outcome === 'failed') node.failedLeaves++;
    onLeaf(leaf);
  };
  let open: { readonly node: TestNode; results?: FinalResults } | undefined;
  parser.on('child', (child: Parser) => {
    node.hasSubtests = true;
    const current: { readonly node: TestNode; results?: FinalResults } = {
      node: follow(child, [...path, child.name], tell),
    };
    child.on('complete', (results: FinalResults) => (current.results = results));
    open = current;
  });
  parser.on('assert', (assertion: Result) => {
    if (open !== undefined && assertion.closingTestPoint) {
      closeTest(open.node, open.results, assertion, tell);
      open = undefined;
    } else {
      node.assertions.push(assertion);
    }
  });
  if (path.length === 0) {
    parser.on('complete', (results: FinalResults) => {
      // A stream that broke off inside a subtest has no closing line for it.
      if (open !== undefined) closeTest(open.node, open.results, undefined, tell);
      closeTest(node, results, undefined, tell);
    });
  }
  return node;
}

/** @param closing the line in the parent that closes the test; undefined for the whole stream */
function closeTest(
  node: TestNode,
  results: FinalResults | undefined,
  closing: Result | undefined,
  tell: (leaf: LeafTest) => void,
): void {
  const skipReason = leftOutReason(closing) ?? skippedPlan(results);
  const wrong = structuralFaults(results);
  const failed = node.assertions.filter(isFailed).map(failureOf);
  const fine = wrong.length === 0 && failed.length === 0 && (closing?.ok ?? results?.ok ?? false);

  if (node.hasSubtests) {
    for (const assertion of node.assertions) {
      const path = [...node.path, assertion.name];
      if (isFailed(assertion)) tell({ path, outcome: 'failed', failures: [failureOf(assertion)] });
      else if (isLeftOut(assertion)) tell(skippedLeaf(path, leftOutReason(assertion) ?? ''));
    }
    if (wrong.length > 0 || (!fine && node.failedLeaves === 0 && failed.length === 0)) {
      const failures = wrong.length > 0 ? wrong : [unexplained(closing, results)];
      tell({ path: node.path, outcome: 'failed', failures });
    }
  } else if (skipReason !== undefined && failed.length === 0) {
    tell(skippedLeaf(node.path, skipReason));
  } else if (fine && node.assertions.length > 0 && node.assertions.every(isLeftOut)) {
    for (const assertion of node.assertions) {
      tell(skippedLeaf([...node.path, assertion.name], leftOutReason(assertion) ?? ''));
    }
  } else if (fine && (closing !== undefined || node.assertions.length > 0)) {
    tell({ path: node.path, outcome: 'passed', failures: [] });
  } else if (fine) {
    tell({ path: node.path, outcome: 'failed', failures: [{ message: 'No test ran.', diagnostics: {} }] });
  } else {
    const failures = [...failed, ...wrong];
    tell({
      path: node.path,
      outcome: 'failed',
      failures: failures.length > 0 ? failures : [unexplained(closing, results)],
    });
  }
}

function skippedLeaf(path: readonly string[], reason: string): LeafTest {
  return { path, outcome: 'skipped', failures: [], reason };
}

function isFailed(assertion: Result): boolean {
  return !assertion.ok && !isLeftOut(assertion);
}

/** Skipped, or still to do: TAP counts neither as a failure, and neither has shown anything. */
function isLeftOut(assertion: Result): boolean {
  return assertion.skip !== false || assertion.todo !== false;
}

function leftOutReason(assertion: Result | undefined): string | undefined {
  if (assertion === undefined || !isLeftOut(assertion)) return undefined;
  if (assertion.skip !== false) return assertion.skip === true ? '' : assertion.skip;
  return assertion.todo === true ? 'still to do' : `still to do: ${assertion.todo}`;
}

function skippedPlan(results: FinalResults | undefined): string | undefined {
  const plan = results?.plan;
  // A file that runs no test at all ends so as well; that is not a skip.
  const reason = plan?.skipAll === true ? plan.skipReason : '';
  return reason === '' || reason === 'no tests found' ? undefined : reason;
}

/** Faults of the stream itself: a bail-out, a plan that does not match, a broken line. */
function structuralFaults(results: FinalResults | undefined): Failure[] {
  if (results === undefined) return [{ message: 'The test broke off.', diagnostics: {} }];
  const faults: Failure[] = [];
  if (results.bailout !== false) {
    const reason = typeof results.bailout === 'string' ? `: ${results.bailout}` : '';
    faults.push({ message: `Bailed out${reason}.`, diagnostics: {} });
  }
  for (const failure of results.failures) {
    if (failure.tapError === null || failure.tapError === 'no plan' || failure.tapError === 'no tests found') continue;
    faults.push({ message: `Broken test output: ${failure.tapError}.`, diagnostics: {} });
  }
  return faults;
}

function failureOf(assertion: Result): Failure {
  const diagnostics = (assertion.diag ?? {}) as Record<string, unknown>;
  return { message: assertion.name, diagnostics };
}

function unexplained(closing: Result | undefined, results: FinalResults | undefined): Failure {
  const diagnostics = (closing?.diag ?? {}) as Record<string, unknown>;
  const fault = results?.failures.find(({ tapError }) => tapError !== null)?.tapError;
  const why = typeof fault === 'string' ? ` Its output is broken: ${fault}.` : '';
  return { message: `It failed without a failed assertion.${why}`, diagnostics };
}
