/** Errors whose message is one line for the user: bad usage, bad configuration. Everything else that is thrown is a bug. Imports nothing. */

/** An error to be shown as it is; the program ends with exit code 2. */
export class UserError extends Error {
  /** Tells such errors: the program is built in parts, each with a copy of this class of its own. */
  readonly forUser = true;
}

/** Whether an error is for the user, whichever part of the program threw it. */
export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && 'forUser' in error;
}
