/** Names of functions as words, however a project spells them. */

/** A name as words with underscores between them: `memObjNativeFree` as `mem_obj_native_free`. */
export function inWords(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
