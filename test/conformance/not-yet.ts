/**
 * Scenarios that the gateway does not pass yet, by what is missing. Such a scenario has to fail, and fails the tests when
 * it passes, so that this list only shrinks; when it is empty it goes.
 */

export const notYet: Readonly<Record<string, string>> = {};
