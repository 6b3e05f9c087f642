import type { IncomingHttpHeaders } from 'node:http';
import { param, stringOf, type Message } from '../jsonrpc/message.ts';
import { member } from '../jsonrpc/message-scan.ts';
import { isModernVersion, metaKeys, modernVersions } from '../upstream/protocol-versions.ts';
import type { Era } from '../upstream/catalogue.ts';
import { McpError } from './errors.ts';

/**
 * Which era a message belongs to: the body decides, in this one place. A version in `_meta` makes it modern, whatever
 * the method; a modern version in the header alone is a modern request that lacks its envelope.
 * @throws McpError for an envelope and a header that do not fit each other
 */
export function eraOf(message: Message, headers: IncomingHttpHeaders): Era {
  const header = headers['mcp-protocol-version'];
  const inBody = versionInBody(message);
  if (inBody === undefined) {
    const isModernHeader = typeof header === 'string' && isModernVersion(header);
    // go-sdk's modern client sends its notifications without an envelope.
    if (isModernHeader && message.kind === 'notification') return 'modern';
    if (isModernHeader && message.kind === 'request') {
      throw new McpError(
        'invalid_params',
        `The header MCP-Protocol-Version says ${header}, but params._meta has no "${metaKeys.protocolVersion}": every request of that version carries it.`,
        { status: 400 },
      );
    }
    return 'legacy';
  }
  // Notifications are not refused for missing headers: this revision defines none for them.
  if (message.kind === 'request') checkVersion(inBody, header);
  return 'modern';
}

function versionInBody(message: Message): string | undefined {
  const meta = param(message, '_meta');
  const version = member(meta?.members, metaKeys.protocolVersion);
  if (version === undefined) return undefined;
  // Anything but a string is a version that nobody speaks.
  return stringOf(message.bytes, version) ?? '';
}

function checkVersion(inBody: string, header: string | string[] | undefined): void {
  if (header !== inBody) {
    throw new McpError(
      'header_mismatch',
      header === undefined
        ? `Header mismatch: the header MCP-Protocol-Version is missing; the body says ${inBody}.`
        : `Header mismatch: the header MCP-Protocol-Version says ${String(header)}, the body ${inBody}.`,
    );
  }
  if (!modernVersions.includes(inBody)) {
    throw new McpError('unsupported_version', `Protocol version ${inBody} is not supported.`, {
      data: { supported: modernVersions, requested: inBody },
    });
  }
}
