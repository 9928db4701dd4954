/** What the service allows; it looks itself, too. */
export const SHORTEST_PASSWORD = 12;
export const LONGEST_PASSWORD = 128;
