import { AgentError } from '../agents/agent-error.ts';
import { JsonScanError } from '../jsonrpc/message-scan.ts';
import { InvalidMessageError } from '../jsonrpc/message.ts';
import { FrameTooLargeError } from '../jsonrpc/sse-frames.ts';
import { McpError, type ErrorType } from '../mcp/errors.ts';
import { isConnectFailure, reasonOf, UpstreamError } from '../upstream/errors.ts';
import { OutboundError } from '../upstream/outbound-error.ts';
import { BadAnswerError } from './agent-answer.ts';

/** An error about one agent, which its message names. @param agent `<namespace>/<name>` */
export function agentFault(type: ErrorType, agent: string, says: string, cause?: unknown): McpError {
  return new McpError(type, `Agent ${agent} ${says}`, { code: -32603, status: 200, cause });
}

/** What a client is told when an exchange with an agent broke. @param agent `<namespace>/<name>` */
export function faultOf(error: unknown, agent: string): McpError {
  if (error instanceof McpError) return error;
  if (error instanceof AgentError) {
    const type = error.code === 'ERR_AGENT_UNREACHABLE' ? 'upstream_unreachable' : 'upstream_fault';
    return agentFault(type, agent, `cannot be called: ${error.message}`, error);
  }
  if (error instanceof OutboundError && !error.isOfAddress) {
    return agentFault('upstream_fault', agent, `was not called: ${sentence(error)}`, error);
  }
  if (isConnectFailure(error)) {
    return agentFault('upstream_unreachable', agent, `cannot be reached: ${sentence(error)}`, error);
  }
  const isNoAnswer =
    error instanceof BadAnswerError ||
    error instanceof JsonScanError ||
    error instanceof InvalidMessageError ||
    error instanceof FrameTooLargeError ||
    error instanceof UpstreamError;
  const says = isNoAnswer ? 'sent what is no answer of A2A' : 'broke off before its answer';
  return agentFault('upstream_fault', agent, `${says}: ${sentence(error)}`, error);
}

function sentence(error: unknown): string {
  const reason = reasonOf(error);
  return reason.endsWith('.') ? reason : `${reason}.`;
}
