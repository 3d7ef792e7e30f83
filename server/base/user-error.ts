/** Errors whose message is one line for the user: bad usage, bad configuration. Everything else that is thrown is a bug. Imports nothing. */

/** An error to be shown as it is; the program ends with exit code 2. */
export class UserError extends Error {}
