/** Stands for packages that only unused parts of a library import; calling it fails loudly. */
export default undefined;

/** The one name that is imported from `proxy-agent-negotiate`, for proxies that ask for Kerberos. */
export const createNegotiateAuth = undefined;
