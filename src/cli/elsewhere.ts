/**
 * Thrown by what the bundle of daily verbs is built without (`scripts/build.js`). It is loaded before a verb begins: nothing has been
 * done yet, and the whole program does it.
 */
export class Elsewhere extends Error {}
