/** The program's version, from package.json at build time. */
import manifest from '../../package.json';

/** As `x.y.z`. */
export const VERSION: string = manifest.version;

/** How machine formats name the program. */
export const TOOL = { name: 'guplint', version: VERSION } as const;
