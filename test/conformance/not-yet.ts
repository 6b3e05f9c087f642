/**
 * Scenarios that the gateway does not pass yet, by what is missing. Such a scenario has to fail, and fails the tests when
 * it passes, so that this list only shrinks; when it is empty it goes.
 */
const hosts = 'refusing a foreign Host and Origin';

export const notYet: Readonly<Record<string, string>> = {
  '2025-11-25 dns-rebinding-protection': hosts,
  '2026-07-28 dns-rebinding-protection': hosts,
  '2026-07-28 http-custom-header-server-validation': 'comparing Mcp-Param headers with the arguments',
};
