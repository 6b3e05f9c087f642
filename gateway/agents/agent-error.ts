/** What went wrong between the gateway and an agent. */
export type AgentErrorCode =
  /** There is no card. */
  | 'ERR_AGENT_NO_CARD'
  /** Its card is of no use. */
  | 'ERR_AGENT_CARD'
  /** No connection. */
  | 'ERR_AGENT_UNREACHABLE'
  /** The connection broke, or what came is not A2A. */
  | 'ERR_AGENT_BROKEN'
  /** It answered with an error. */
  | 'ERR_AGENT_REFUSED'
  /** It does not know the task (any more). */
  | 'ERR_AGENT_TASK_UNKNOWN'
  /** What it gave is larger than is taken. */
  | 'ERR_AGENT_OVERSIZE'
  /** An event of its stream is larger than is taken. The agent is at work, and can be asked for the whole task. */
  | 'ERR_AGENT_EVENT_OVERSIZE'
  /** The client asked for what cannot be. */
  | 'ERR_AGENT_ARGUMENTS';

/** A fault of an agent or of a request to one; its message is a sentence for people. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }
}
