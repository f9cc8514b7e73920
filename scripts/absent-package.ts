/** Stands for packages that only unused parts of a library import; calling it fails loudly. */
export default undefined;
