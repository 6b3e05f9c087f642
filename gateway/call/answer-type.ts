/** What an answer's content type says of how it is read. */

export function isJson(contentType: string): boolean {
  return isType(contentType, 'application/json');
}

/** Whether it is a stream of events; what comes with an error's status is none, whatever it says. */
export function isStream(status: number, contentType: string | undefined): boolean {
  return contentType !== undefined && status < 300 && isType(contentType, 'text/event-stream');
}

function isType(header: string, type: string): boolean {
  return header.startsWith(type) || header.toLowerCase().startsWith(type);
}
