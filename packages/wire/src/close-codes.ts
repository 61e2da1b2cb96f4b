// Codes with which a link is closed that mean something to the other side's decisions; all others are for people.

/** A coordinator sends a worker away: it is not to come again. */
export const DISMISSED = 'dismissed';
