/** The name of the project's settings, looked for in each directory upward. */
export const CONFIG_NAME = 'guplint.json';
