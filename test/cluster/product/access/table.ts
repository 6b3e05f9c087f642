import type { Outcome, RequestName } from './requests.ts';

/** One line of the table. */
export interface AccessRow {
  readonly caller: string;
  readonly request: RequestName;
  readonly expected: Outcome;
}

/** What each of some callers gets for a request. */
type Expected = Readonly<Record<string, Outcome>>;

const ADA = 'ada, for all';
const ADA_OF_DICE = 'ada, for the server';
const BOB = 'bob, for all';
const FRIEND = 'a ServiceAccount of friends';
const STRANGER = 'a ServiceAccount of strangers';
const KEY = 'the key';
const CERTIFICATE = 'a certificate of friends';
const ODD_CERTIFICATE = 'a certificate of strangers';
/** By a group, by a claim, and by what nearly is either. */
const CAROL = 'carol, of auditors';
const DAVE = 'dave, of acme';
const ERIN = 'erin, of neither';
/** Its token, which was good, is so no more. */
export const EXPIRED = 'ada, her token expired';
const FOREIGN = 'ada, of a foreign issuer';
/** At a gateway that lets in who brings nothing. */
const GUEST = 'nobody, as a guest';
const KEY_OF_GUEST = 'the key, among guests';
const WRONG_KEY_OF_GUEST = 'a wrong key, among guests';

/** The same for callers of all kinds whom the same rules mean. */
const friends = (expected: Outcome): Expected => ({ [FRIEND]: expected, [KEY]: expected, [CERTIFICATE]: expected });
const strangers = (expected: Outcome): Expected => ({
  [BOB]: expected,
  [STRANGER]: expected,
  [ODD_CERTIFICATE]: expected,
});

const byRequest: Readonly<Partial<Record<RequestName, Expected>>> = {
  'list all tools': {
    nobody: 401,
    [ADA]: 'yes',
    [ADA_OF_DICE]: 401,
    ...friends('yes'),
    ...strangers('nothing'),
    [CAROL]: 'yes',
    [DAVE]: 'yes',
    [ERIN]: 'nothing',
    [EXPIRED]: 401,
    [FOREIGN]: 401,
    [GUEST]: 'yes',
    [KEY_OF_GUEST]: 'yes',
    [WRONG_KEY_OF_GUEST]: 401,
    'the key as a bearer token': 'yes',
    'a wrong key': 401,
    'no token': 401,
    'a ServiceAccount of friends, for the API server': 401,
    'a ServiceAccount of friends, for another gateway': 401,
    'a certificate of another CA': 'no connection',
    'an expired certificate': 'no connection',
    'a certificate of friends, with a wrong token': 401,
  },
  // A token is for the one endpoint whose URL it names.
  'list the tools of dice': {
    nobody: 401,
    [ADA]: 401,
    [ADA_OF_DICE]: 'yes',
    ...friends('yes'),
    [BOB]: 401,
    [STRANGER]: 404,
    [ODD_CERTIFICATE]: 404,
  },
  'list the tools of safe': { nobody: 401, ...friends('yes'), [STRANGER]: 404, [GUEST]: 404, [KEY_OF_GUEST]: 'yes' },
  'list the tools of no server': { nobody: 401, ...friends(404), [STRANGER]: 404 },
  'list all prompts': { nobody: 401, [ADA]: 'yes', ...friends('yes'), ...strangers('nothing') },
  'list all resources': { [ADA]: 'yes', ...friends('yes'), ...strangers('nothing') },
  'call echo of dice': {
    nobody: 401,
    [ADA]: 'yes',
    ...friends('yes'),
    ...strangers('unknown'),
    [CAROL]: 'unknown',
    [DAVE]: 'yes',
    [ERIN]: 'unknown',
    [EXPIRED]: 401,
    [FOREIGN]: 401,
    [GUEST]: 'yes',
    [WRONG_KEY_OF_GUEST]: 401,
  },
  'call echo of safe': {
    'ada, to read': 'yes',
    [ADA]: 'yes',
    ...friends('yes'),
    ...strangers('unknown'),
    [DAVE]: 'unknown',
    [GUEST]: 'unknown',
    [KEY_OF_GUEST]: 'yes',
  },
  // A scope more would do for her, and for nobody else.
  'call add of safe': {
    nobody: 401,
    [ADA]: 'yes',
    'ada, to read': 403,
    ...friends('unknown'),
    ...strangers('unknown'),
    [CAROL]: 'yes',
    [DAVE]: 'unknown',
    [ERIN]: 'unknown',
  },
  'call toggle of dice': { [ADA]: 'unknown', ...friends('unknown'), ...strangers('unknown') },
  'call a name that nobody has': { nobody: 401, ...strangers('unknown') },
  'get greet of safe': { nobody: 401, [ADA]: 'yes', ...friends('yes'), ...strangers('unknown') },
  // An agent is a tool to clients of MCP, and itself to those of A2A; a rule for the tool does not open the latter.
  'have planner do something': {
    nobody: 401,
    [ADA]: 'yes',
    ...friends('yes'),
    ...strangers('unknown'),
    [CAROL]: 'yes',
    [ERIN]: 'unknown',
    [EXPIRED]: 401,
    [GUEST]: 'unknown',
  },
  'talk to planner by A2A': {
    nobody: 401,
    [ADA]: 401,
    'ada, for planner': 'yes',
    'carol, for planner': 404,
    ...friends('yes'),
    [STRANGER]: 404,
    [ODD_CERTIFICATE]: 404,
    [GUEST]: 404,
    [KEY_OF_GUEST]: 'yes',
  },
  'send planner a message unasked': {
    nobody: 401,
    'ada, for planner': 'yes',
    'carol, for planner': 404,
    ...friends('yes'),
    [STRANGER]: 404,
    [GUEST]: 404,
  },
  'read about at safe': { nobody: 401, ...friends('yes'), [STRANGER]: 404 },
  'read a note at safe': { nobody: 401, ...friends('unknown'), [STRANGER]: 404 },
  'subscribe to about at safe': { nobody: 401, ...friends('yes'), [STRANGER]: 404, [GUEST]: 404 },
  'subscribe to a note at safe': { nobody: 401, ...friends('unknown'), [STRANGER]: 404, [KEY_OF_GUEST]: 'yes' },
  'complete greet of dice': { nobody: 401, [ADA]: 'yes', ...friends('yes'), ...strangers('unknown') },
  'read the page': { nobody: 401, [KEY]: 'yes', [EXPIRED]: 401, [GUEST]: 'yes' },
  'read the list of services': { nobody: 401, [KEY]: 'yes', [STRANGER]: 'yes' },
  'read where tokens are to be had': { nobody: 'yes', 'a wrong key': 'yes' },
  'read the page under a foreign name': { nobody: 403, [KEY]: 403 },
  'read the page with a token in the URL': { nobody: 400, [KEY]: 400 },
};

/** Who asks for what, and what comes of it. */
export const rows: readonly AccessRow[] = Object.entries(byRequest).flatMap(([request, expectations]) =>
  Object.entries(expectations).map(([caller, expected]) => ({ caller, request: request as RequestName, expected })),
);
